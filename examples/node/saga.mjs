// A saga by plain HTTP: moves money from bank A to bank B, once with success and once in vain.
//
//     node examples/node/saga.mjs [http://127.0.0.1:36789]
//
// The argument is a running treatyd. The banks are its participants: it calls them, this program
// serves both. It needs nothing but Node 18 or later.

import { once } from 'node:events';
import { createServer } from 'node:http';
import { json } from 'node:stream/consumers';

const treatyUrl = process.argv[2] ?? 'http://127.0.0.1:36789';

// One account. In real life `balance` and `steps` are rows of one database, and each call changes
// both in one transaction.
class Bank {
  steps = new Map(); // "gid branch_id" -> 'done' or 'undone'

  constructor(name, balance) {
    this.name = name;
    this.balance = balance;
  }

  do(step, change) {
    const state = this.steps.get(step);
    if (state === 'done') return [200, 'done before'];
    if (state === 'undone') return [409, 'too late, this step has been undone'];
    if (this.balance + change < 0) return [409, `${this.name} has only ${this.balance}`];
    this.balance += change;
    this.steps.set(step, 'done');
    return [200, 'done'];
  }

  undo(step, change) {
    if (this.steps.get(step) === 'done') this.balance -= change;
    this.steps.set(step, 'undone'); // also if it was never done: it may still arrive
    return [200, 'undone'];
  }

  async answer(request) {
    const { pathname, searchParams: query } = new URL(request.url, this.url);
    const step = `${query.get('gid')} ${query.get('branch_id')}`;
    const { amount } = await json(request);
    switch (pathname) {
      case '/out': return this.do(step, -amount);
      case '/out-undo': return this.undo(step, -amount);
      case '/in': return this.do(step, amount);
      case '/in-undo': return this.undo(step, amount);
      default: return [404, 'no such call'];
    }
  }

  async listen() {
    this.server = createServer(async (request, response) => {
      const [status, text] = await this.answer(request).catch((error) => [500, error.message]);
      response.writeHead(status).end(text);
    });
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    this.url = `http://127.0.0.1:${this.server.address().port}`;
  }

  close() {
    this.server.close();
    this.server.closeAllConnections();
  }
}

// GET, or POST of a body. The reply is JSON whatever its status.
async function treaty(path, body) {
  const options = body && { method: 'POST', body: JSON.stringify(body) };
  const reply = await fetch(`${treatyUrl}/api/dtmsvr/${path}`, options);
  return reply.json();
}

async function runSaga(amount, actions) {
  const { gid } = await treaty('newGid');
  const reply = await treaty('submit', {
    gid,
    trans_type: 'saga',
    wait_result: true,
    steps: actions.map((url) => ({ action: url, compensate: `${url}-undo` })),
    payloads: actions.map(() => JSON.stringify({ amount })),
  });
  // 200 SUCCESS, 409 FAILURE: rolled back, 425 ONGOING: still at it, ask /query later.
  // Anything else, or no reply: submit again with the same gid, which never does it twice.
  const outcome = reply.dtm_result ?? 'unknown';
  const reason = reply.message?.match(/return failed: (.*) FAILURE$/);
  return reason ? `${outcome} (${reason[1]})` : outcome;
}

function expect(wanted, line) {
  console.log(line);
  if (line !== wanted) throw new Error(`expected: ${wanted}`);
}

const [a, b] = [new Bank('A', 100), new Bank('B', 100)];
const balances = () => `A ${a.balance}, B ${b.balance}`;
await Promise.all([a.listen(), b.listen()]);
try {
  expect('before: A 100, B 100', `before: ${balances()}`);
  let outcome = await runSaga(30, [`${a.url}/out`, `${b.url}/in`]);
  expect('transfer of 30: SUCCESS; A 70, B 130', `transfer of 30: ${outcome}; ${balances()}`);
  outcome = await runSaga(500, [`${b.url}/in`, `${a.url}/out`]);
  expect('transfer of 500: FAILURE (A has only 70); A 70, B 130',
    `transfer of 500: ${outcome}; ${balances()}`);
} finally {
  a.close();
  b.close();
}
