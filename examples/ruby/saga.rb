# A saga by plain HTTP: moves money from bank A to bank B, once with success and once in vain.
#
#     ruby examples/ruby/saga.rb [http://127.0.0.1:36789]
#
# The argument is a running treatyd. The banks are its participants: it calls them, this program
# serves both. It needs nothing but Ruby's standard library; that has no web server, so there is a
# very small one here. In a real service the bank's `answer` is a route of your framework.

require 'json'
require 'net/http'
require 'socket'
require 'uri'

TREATY = ARGV.fetch(0, 'http://127.0.0.1:36789')

# One account. In real life `balance` and `steps` are rows of one database, and each call changes
# both in one transaction.
class Bank
  attr_reader :balance, :url

  def initialize(name, balance)
    @name = name
    @balance = balance
    @steps = {} # [gid, branch_id] => :done or :undone
    @lock = Mutex.new
    server = TCPServer.new('127.0.0.1', 0)
    @url = "http://127.0.0.1:#{server.addr[1]}"
    Thread.new { loop { Thread.new(server.accept) { |socket| serve(socket) } } }
  end

  def answer(path, query, amount)
    step = query.values_at('gid', 'branch_id')
    @lock.synchronize do
      case path
      when '/out' then act(step, -amount)
      when '/out-undo' then undo(step, -amount)
      when '/in' then act(step, amount)
      when '/in-undo' then undo(step, amount)
      else [404, 'no such call']
      end
    end
  end

  private

  def act(step, change)
    return [200, 'done before'] if @steps[step] == :done
    return [409, 'too late, this step has been undone'] if @steps[step] == :undone
    return [409, "#{@name} has only #{@balance}"] if (@balance + change).negative?

    @balance += change
    @steps[step] = :done
    [200, 'done']
  end

  def undo(step, change)
    @balance -= change if @steps[step] == :done
    @steps[step] = :undone # also if it was never done: it may still arrive
    [200, 'undone']
  end

  # One request of HTTP for each connection.
  def serve(socket)
    target = socket.gets.split[1]
    headers = socket.each_line(chomp: true).take_while { |line| !line.empty? }
    size = headers.grep(/^content-length:/i).first.to_s[/\d+/].to_i
    uri = URI(target)
    query = URI.decode_www_form(uri.query.to_s).to_h
    status, text = answer(uri.path, query, JSON.parse(socket.read(size)).fetch('amount'))
    socket.write("HTTP/1.1 #{status} -\r\nContent-Length: #{text.bytesize}\r\n" \
                 "Connection: close\r\n\r\n#{text}")
  ensure
    socket.close
  end
end

# GET, or POST of a body. The reply is JSON whatever its status.
def treaty(path, body = nil)
  uri = URI("#{TREATY}/api/dtmsvr/#{path}")
  return JSON.parse(Net::HTTP.get(uri)) unless body

  JSON.parse(Net::HTTP.post(uri, JSON.generate(body), 'Content-Type' => 'application/json').body)
end

def run_saga(amount, actions)
  gid = treaty('newGid').fetch('gid')
  reply = treaty('submit', {
    gid: gid,
    trans_type: 'saga',
    wait_result: true,
    steps: actions.map { |url| { action: url, compensate: "#{url}-undo" } },
    payloads: actions.map { JSON.generate(amount: amount) }
  })
  # 200 SUCCESS, 409 FAILURE: rolled back, 425 ONGOING: still at it, ask /query later.
  # Anything else, or no reply: submit again with the same gid, which never does it twice.
  outcome = reply.fetch('dtm_result', 'unknown')
  reason = reply['message'].to_s[/return failed: (.*) FAILURE$/, 1]
  reason ? "#{outcome} (#{reason})" : outcome
end

def expect(wanted, line)
  puts line
  abort "expected: #{wanted}" if line != wanted
end

a = Bank.new('A', 100)
b = Bank.new('B', 100)
balances = -> { "A #{a.balance}, B #{b.balance}" }

expect('before: A 100, B 100', "before: #{balances.call}")
outcome = run_saga(30, ["#{a.url}/out", "#{b.url}/in"])
expect('transfer of 30: SUCCESS; A 70, B 130', "transfer of 30: #{outcome}; #{balances.call}")
outcome = run_saga(500, ["#{b.url}/in", "#{a.url}/out"])
expect('transfer of 500: FAILURE (A has only 70); A 70, B 130',
       "transfer of 500: #{outcome}; #{balances.call}")
