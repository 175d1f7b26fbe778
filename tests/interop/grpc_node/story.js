// Plays one scenario of gRPC as a user of @grpc/grpc-js writes it:
// `node story.js SCENARIO TREATYD FOLDER...`, the folders being those of the contracts.
//
// It serves the participants as well. A line of JSON tells how the story ended; when the input
// ends, another tells the calls that the participants had.

'use strict';

const grpc = require('@grpc/grpc-js');
const protoLoader = require('@grpc/proto-loader');

const SECONDS = 10;
const SEAL = Buffer.from('\0sealed\xff\0', 'latin1');
const INPUT = Buffer.from('\0input\xfe\0', 'latin1');
const REFUSED = 'no such account';
const PASSED = ['x-color', 'x-trace'];
const FILES = ['dtmgimp/dtm.proto', 'workflow/workflow.proto', 'bank.proto'];

// The contracts, with the fields named as they are there.
function load(includeDirs) {
  const definition = protoLoader.loadSync(
    FILES, { includeDirs, keepCase: true, longs: String, defaults: true });
  return grpc.loadPackageDefinition(definition);
}

// A unary method as a promise; every call has a deadline.
function call(client, method, request, metadata = new grpc.Metadata()) {
  const deadline = new Date(Date.now() + SECONDS * 1000);
  return new Promise((resolve, reject) => {
    client[method](request, metadata, { deadline },
      (error, reply) => (error ? reject(error) : resolve(reply)));
  });
}

// The value of a call's metadata, or nothing.
function metadataOf({ metadata }, key) {
  return metadata.get(key)[0] ?? '';
}

// The participants, and the sender whose local transactions are committed or not.
class Bank {
  committed = false;
  calls = [];
  #busy = new Set();

  // Its methods, which are all alike.
  methods(service) {
    const serve = (method) => (incoming, done) => this.#take(method, incoming, done);
    return Object.fromEntries(Object.keys(service).map((method) => [method, serve(method)]));
  }

  // Keeps what was asked, in the order it was.
  note(method, incoming, amount, note, outcome) {
    const ours = ['gid', 'trans_type', 'branch_id', 'op']
      .map((key) => metadataOf(incoming, `dtm-${key}`));
    this.calls.push([method, ...ours, amount, note, outcome]);
  }

  #take(method, incoming, done) {
    const order = incoming.request;
    const [outcome, code, details] = this.#judge(method, order);
    const passed = PASSED.map((key) => metadataOf(incoming, key)).filter(Boolean);
    this.note(method, incoming, order.amount, passed.join(' '), outcome);
    if (code) done({ code, details });
    else done(null, { seal: SEAL });
  }

  #judge(method, order) {
    if (method === 'QueryPrepared' && !this.committed) {
      return ['refused', grpc.status.ABORTED, 'nothing was done'];
    }
    if (!['TransOut', 'TransIn'].includes(method)) return ['done'];
    if (order.refuse) return ['refused', grpc.status.ABORTED, order.refuse];
    if (order.busy && !this.#busy.has(method)) {
      this.#busy.add(method);
      return ['busy', grpc.status.FAILED_PRECONDITION, 'come again'];
    }
    return ['done'];
  }
}

// The scenarios, and what they have in common. Each returns what else it has seen.
class Story {
  #service = new Bank();
  #server = new grpc.Server();

  constructor(contracts, treatyd) {
    this.contracts = contracts;
    this.treatyd = treatyd;
  }

  // Serves the participants and asks treatyd for a gid.
  async begin() {
    const { bank, dtmgimp, workflow } = this.contracts;
    this.#server.addService(bank.Bank.service, this.#service.methods(bank.Bank.service));
    this.#server.addService(workflow.Workflow.service, { Execute: this.#execute.bind(this) });
    const credentials = grpc.ServerCredentials.createInsecure();
    const port = await new Promise((resolve, reject) => {
      this.#server.bindAsync('127.0.0.1:0', credentials,
        (error, bound) => (error ? reject(error) : resolve(bound)));
    });
    this.address = `127.0.0.1:${port}`;
    this.bank = new bank.Bank(this.address, grpc.credentials.createInsecure());
    this.dtm = new dtmgimp.Dtm(this.treatyd, grpc.credentials.createInsecure());
    this.gid = (await this.ask('NewGid', {})).Gid;
  }

  // Ends all that would keep the program alive; the calls that the participants had.
  end() {
    this.bank.close();
    this.dtm.close();
    this.#server.forceShutdown();
    return this.#service.calls;
  }

  url(method) {
    return `${this.address}/bank.Bank/${method}`;
  }

  order(flags = {}) {
    return { amount: 30, ...flags };
  }

  // An order as bytes, as the message's serializer makes them.
  bytes(order) {
    return this.contracts.bank.Bank.service.TransIn.requestSerialize(order);
  }

  // Of a transaction that is waited for and soon repeated, unless the options differ.
  request(model, fields = {}, options = {}) {
    return {
      Gid: this.gid,
      TransType: model,
      TransOptions: { WaitResult: true, RetryInterval: 1, ...options },
      ...fields,
    };
  }

  // One call of treatyd.
  ask(method, request, metadata) {
    return call(this.dtm, method, request, metadata);
  }

  // The name of the status that a call of treatyd ends with.
  async codeOf(method, request) {
    try {
      await this.ask(method, request);
      return 'OK';
    } catch (error) {
      return grpc.status[error.code];
    }
  }

  // A call that the story makes itself, as a part of its transaction.
  step(method, model, branchId, op, order) {
    const metadata = new grpc.Metadata();
    metadata.set('dtm-gid', this.gid);
    metadata.set('dtm-trans_type', model);
    metadata.set('dtm-branch_id', branchId);
    metadata.set('dtm-op', op);
    return call(this.bank, method, order, metadata);
  }

  // --- Sagas

  // Moves money, with such flags for the two orders.
  sagaRequest({ out, into, fields, options } = {}) {
    const steps = ['TransOut', 'TransIn'].map(
      (name) => ({ action: this.url(name), compensate: this.url(`${name}Revert`) }));
    const BinPayloads = [out, into].map((flags) => this.bytes(this.order(flags)));
    return this.request('saga', { Steps: JSON.stringify(steps), BinPayloads, ...fields }, options);
  }

  async saga() {
    const metadata = new grpc.Metadata();
    metadata.set('x-trace', 't-7');
    const options = { BranchHeaders: { 'x-color': 'green' }, PassthroughHeaders: ['x-trace'] };
    await this.ask('Submit', this.sagaRequest({ options }), metadata);
  }

  async sagaRefused() {
    await this.ask('Submit', this.sagaRequest({ into: { refuse: REFUSED } }));
  }

  async sagaBusy() {
    await this.ask('Submit', this.sagaRequest({ out: { busy: true } }));
  }

  async sagaOrdered() {
    const CustomedData = JSON.stringify({ concurrent: true, orders: { 0: [1] } });
    await this.ask('Submit', this.sagaRequest({ fields: { CustomedData } }));
  }

  // --- TCC and XA

  // Registers a branch and tries it.
  async #tryBranch(branchId, name, flags) {
    const order = this.order(flags);
    await this.ask('RegisterBranch', {
      Gid: this.gid,
      TransType: 'tcc',
      BranchID: branchId,
      Data: { confirm: this.url(`${name}Confirm`), cancel: this.url(`${name}Cancel`) },
      BusiPayload: this.bytes(order),
    });
    await this.step(name, 'tcc', branchId, 'try', order);
  }

  async tcc(flags) {
    await this.ask('Prepare', this.request('tcc'));
    try {
      await this.#tryBranch('01', 'TransOut');
      await this.#tryBranch('02', 'TransIn', flags);
    } catch (error) {
      await this.ask('Abort', this.request('tcc', { RollbackReason: error.details }));
      throw error;
    }
    await this.ask('Submit', this.request('tcc'));
  }

  async tccRefused() {
    await this.tcc({ refuse: REFUSED });
  }

  async xa() {
    await this.ask('Prepare', this.request('xa'));
    for (const [BranchID, name] of [['01', 'TransOut'], ['02', 'TransIn']]) {
      const Data = { url: this.url(name) };
      await this.ask('RegisterBranch', { Gid: this.gid, TransType: 'xa', BranchID, Data });
    }
    await this.ask('Submit', this.request('xa'));
  }

  // --- Messages

  // An order for a URL, from a sender that can be asked.
  message({ action = this.url('TransIn'), gid = this.gid, options } = {}) {
    return this.request('msg', {
      Gid: gid,
      Steps: JSON.stringify([{ action }]),
      BinPayloads: [this.bytes(this.order())],
      QueryPrepared: this.url('QueryPrepared'),
    }, options);
  }

  async msg() {
    await this.ask('Prepare', this.message());
    this.#service.committed = true;
    await this.ask('Submit', this.message());
  }

  async msgAborted() {
    await this.ask('Prepare', this.message());
    await this.ask('Abort', this.message());
  }

  async msgUnsubmitted() {
    this.#service.committed = true;
    await this.ask('Prepare', this.message({ options: { TimeoutToFail: 1 } }));
  }

  async msgDenied() {
    await this.ask('Prepare', this.message({ options: { TimeoutToFail: 1 } }));
  }

  async topic() {
    const Topic = `news-${this.gid}`;
    const action = `topic://${Topic}`;
    const [out, into] = ['TransOut', 'TransIn'].map(
      (name) => ({ Topic, URL: this.url(name), Remark: 'a bank' }));
    await this.ask('Subscribe', out);
    await this.ask('Subscribe', into);
    const twice = await this.codeOf('Subscribe', into);
    await this.ask('Submit', this.message({ action }));
    await this.ask('Unsubscribe', out);
    await this.ask('Submit', this.message({ action, gid: `${this.gid}-2` }));
    await this.ask('DeleteTopic', { Topic });
    const deleted = await this.codeOf('Submit', this.message({ action, gid: `${this.gid}-3` }));
    return { twice, deleted };
  }

  // --- Workflows

  // Names the workflow, its input, and where it is resumed.
  workflowRequest(fields) {
    return this.request('workflow', {
      CustomedData: JSON.stringify({ name: 'transfer', data: INPUT.toString('base64') }),
      QueryPrepared: `${this.address}/workflow.Workflow/Execute`,
      ...fields,
    });
  }

  // What is recorded of the workflow, in the form that the story tells.
  async recorded() {
    const { Transaction, Progresses } = await this.ask('PrepareWorkflow', this.workflowRequest());
    const steps = Progresses.map(
      (step) => [step.BranchID, step.Op, step.Status, step.BinData.toString('hex')]);
    return [Transaction.Status, Transaction.RollbackReason, Transaction.Result, steps];
  }

  // How a step ended.
  outcome(branchId, status, data) {
    return {
      Gid: this.gid,
      TransType: 'workflow',
      BranchID: branchId,
      Data: { op: 'action', status },
      BusiPayload: data,
    };
  }

  // Runs a step and records how it ended.
  async #do(branchId, method, flags) {
    let outcome;
    try {
      const receipt = await this.step(method, 'workflow', branchId, 'action', this.order(flags));
      outcome = this.outcome(branchId, 'succeed', receipt.seal);
    } catch (error) {
      outcome = this.outcome(branchId, 'failed', Buffer.from(error.details));
    }
    await this.ask('RegisterBranch', outcome);
  }

  async #succeed() {
    const ReqExtra = { status: 'succeed', result: Buffer.from('paid').toString('base64') };
    await this.ask('Submit', this.workflowRequest({ ReqExtra }));
  }

  async workflow() {
    const seen = { begun: await this.recorded() };
    await this.#do('01', 'TransOut');
    seen.recorded = await this.recorded();
    seen.twice = await this.codeOf('RegisterBranch', this.outcome('01', 'succeed', SEAL));
    await this.#succeed();
    seen.ended = await this.recorded();
    const contrary = this.workflowRequest({ ReqExtra: { status: 'failed' } });
    seen.contradicted = await this.codeOf('Submit', contrary);
    seen.late = await this.codeOf('RegisterBranch', this.outcome('02', 'succeed', SEAL));
    return seen;
  }

  async workflowFailed() {
    await this.recorded();
    await this.#do('01', 'TransIn', { refuse: REFUSED });
    const ReqExtra = { status: 'failed', rollback_reason: REFUSED };
    await this.ask('Submit', this.workflowRequest({ ReqExtra }));
    return { ended: await this.recorded() };
  }

  async workflowResumed() {
    await this.recorded();
    await this.#do('01', 'TransOut');
  }

  // Where treatyd resumes a workflow.
  #execute(incoming, done) {
    this.#service.note('Execute', incoming, '', incoming.request.Data.toString('hex'), 'done');
    this.#resume(metadataOf(incoming, 'dtm-gid')).then(() => done(null, {}), done);
  }

  // Goes on where the workflow was left, by what is recorded of it.
  async #resume(gid) {
    this.gid = gid;
    const [, , , steps] = await this.recorded();
    const known = new Set(steps.map(([branchId]) => branchId));
    for (const [branchId, method] of [['01', 'TransOut'], ['02', 'TransIn']]) {
      if (!known.has(branchId)) await this.#do(branchId, method);
    }
    await this.#succeed();
  }

  // --- Mistakes

  async mistakes() {
    const saga = this.sagaRequest();
    const branch = { Gid: this.gid, TransType: 'tcc', BranchID: '01' };
    const wrong = {
      type: ['Submit', this.request('sago')],
      steps: ['Submit', { ...saga, Steps: '[{' }],
      payloads: ['Submit', { ...saga, BinPayloads: [] }],
      gid: ['Prepare', { TransType: 'tcc' }],
      address: ['Submit', this.message({ action: 'nowhere' })],
      abort: ['Abort', this.request('tcc')],
      branch: ['RegisterBranch', { ...branch, Data: { confirm: '', cancel: '' } }],
    };
    const seen = {};
    for (const [name, [method, request]] of Object.entries(wrong)) {
      seen[name] = await this.codeOf(method, request);
    }
    return seen;
  }
}

// Plays a scenario, whose name is that of its method with hyphens.
async function play(story, scenario) {
  const method = scenario.replace(/-(.)/g, (_, letter) => letter.toUpperCase());
  try {
    return { gid: story.gid, error: null, facts: (await story[method]()) ?? null };
  } catch (error) {
    if (!(error.code in grpc.status)) throw error;
    const told = `${grpc.status[error.code]}: ${error.details}`;
    return { gid: story.gid, error: told, facts: null };
  }
}

async function main([scenario, treatyd, ...folders]) {
  const story = new Story(load(folders), treatyd);
  await story.begin();
  console.log(JSON.stringify(await play(story, scenario)));
  process.stdin.resume().once('end', () => console.log(JSON.stringify(story.end())));
}

main(process.argv.slice(2));
