<?php
// A saga by plain HTTP: moves money from bank A to bank B, once with success and once in vain.
//
//     php examples/php/saga.php [http://127.0.0.1:36789]
//
// The argument is a running treatyd. The banks are its participants: it calls them, and PHP's own
// web server answers with this same file. It needs nothing but PHP 8.1 or later.

declare(strict_types=1);

// One account. In real life `balance` and `steps` are rows of one database, and each call changes
// both in one transaction; here a locked file has to do.
class Account
{
    public int $balance = 100;
    private array $steps = []; // "gid branch_id" => 'done' or 'undone'

    public function __construct(private string $name)
    {
    }

    public function act(string $step, int $change): array
    {
        $state = $this->steps[$step] ?? null;
        if ($state === 'done') {
            return [200, 'done before'];
        }
        if ($state === 'undone') {
            return [409, 'too late, this step has been undone'];
        }
        if ($this->balance + $change < 0) {
            return [409, "$this->name has only $this->balance"];
        }
        $this->balance += $change;
        $this->steps[$step] = 'done';
        return [200, 'done'];
    }

    public function undo(string $step, int $change): array
    {
        if (($this->steps[$step] ?? null) === 'done') {
            $this->balance -= $change;
        }
        $this->steps[$step] = 'undone'; // also if it was never done: it may still arrive
        return [200, 'undone'];
    }
}

// What the web server runs for each call.
function answer(string $path, string $step, int $amount): array
{
    $file = fopen(getenv('ACCOUNT'), 'r+');
    flock($file, LOCK_EX);
    $account = unserialize(stream_get_contents($file));
    $answer = match ($path) {
        '/out' => $account->act($step, -$amount),
        '/out-undo' => $account->undo($step, -$amount),
        '/in' => $account->act($step, $amount),
        '/in-undo' => $account->undo($step, $amount),
        default => [404, 'no such call'],
    };
    ftruncate($file, 0);
    rewind($file);
    fwrite($file, serialize($account));
    fclose($file);
    return $answer;
}

if (PHP_SAPI === 'cli-server') {
    $amount = json_decode(file_get_contents('php://input'), flags: JSON_THROW_ON_ERROR)->amount;
    $path = parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);
    [$status, $text] = answer($path, "$_GET[gid] $_GET[branch_id]", $amount);
    http_response_code($status);
    echo $text;
    return;
}

// A web server with an account, as long as the object lives.
class Bank
{
    public readonly string $url;
    private string $file;
    private $process;
    private array $pipes = [];

    public function __construct(string $name)
    {
        $this->file = tempnam(sys_get_temp_dir(), 'bank');
        file_put_contents($this->file, serialize(new Account($name)));
        $this->process = proc_open(
            [PHP_BINARY, '-q', '-S', '127.0.0.1:0', __FILE__],
            [2 => ['pipe', 'w']],
            $this->pipes,
            env_vars: ['ACCOUNT' => $this->file] + getenv(),
        );
        preg_match('#\((http://.*)\) started#', fgets($this->pipes[2]), $started);
        $this->url = $started[1];
    }

    public function balance(): int
    {
        return unserialize(file_get_contents($this->file))->balance;
    }

    public function __destruct()
    {
        proc_terminate($this->process);
        proc_close($this->process);
        unlink($this->file);
    }
}

// GET, or POST of a body. The reply is JSON whatever its status.
function treaty(string $path, ?array $body = null): array
{
    $http = ['ignore_errors' => true, 'timeout' => 60];
    if ($body !== null) {
        $http += ['method' => 'POST', 'content' => json_encode($body),
            'header' => 'Content-Type: application/json'];
    }
    $url = ($GLOBALS['argv'][1] ?? 'http://127.0.0.1:36789') . "/api/dtmsvr/$path";
    $reply = @file_get_contents($url, context: stream_context_create(['http' => $http]));
    if ($reply === false) {
        throw new RuntimeException("no reply from $url");
    }
    return json_decode($reply, true, flags: JSON_THROW_ON_ERROR);
}

function runSaga(int $amount, array $actions): string
{
    $gid = treaty('newGid')['gid'];
    $reply = treaty('submit', [
        'gid' => $gid,
        'trans_type' => 'saga',
        'wait_result' => true,
        'steps' => array_map(fn($url) => ['action' => $url, 'compensate' => "$url-undo"], $actions),
        'payloads' => array_map(fn() => json_encode(['amount' => $amount]), $actions),
    ]);
    // 200 SUCCESS, 409 FAILURE: rolled back, 425 ONGOING: still at it, ask /query later.
    // Anything else, or no reply: submit again with the same gid, which never does it twice.
    $outcome = $reply['dtm_result'] ?? 'unknown';
    $failed = preg_match('/return failed: (.*) FAILURE$/', $reply['message'] ?? '', $reason);
    return $failed ? "$outcome ($reason[1])" : $outcome;
}

function expect(string $wanted, string $line): void
{
    echo "$line\n";
    if ($line !== $wanted) {
        throw new RuntimeException("expected: $wanted");
    }
}

try {
    [$a, $b] = [new Bank('A'), new Bank('B')];
    $balances = fn() => "A {$a->balance()}, B {$b->balance()}";

    expect('before: A 100, B 100', "before: {$balances()}");
    $outcome = runSaga(30, ["$a->url/out", "$b->url/in"]);
    expect('transfer of 30: SUCCESS; A 70, B 130', "transfer of 30: $outcome; {$balances()}");
    $outcome = runSaga(500, ["$b->url/in", "$a->url/out"]);
    expect(
        'transfer of 500: FAILURE (A has only 70); A 70, B 130',
        "transfer of 500: $outcome; {$balances()}"
    );
} catch (Throwable $error) {
    fwrite(STDERR, $error->getMessage() . "\n");
    exit(1);
}
