// The module that the runtime loads. The exports of the Wasm module do the work: each of them first makes a new Wasm
// instance where a panic or a trap has ended the last one, so that nothing has to be caught here.
//
// It stands in place of the one that worker-build writes, which makes an object and two proxies for every request.
import { DurableObject } from "cloudflare:workers";
import * as worker from "./index.js";

// How many runs of Rust's futures are queued or at work. They are microtasks, which end before the next event begins.
let unfinished = 0;

const { queueMicrotask } = globalThis;
globalThis.queueMicrotask = (run) => {
  unfinished += 1;
  queueMicrotask(() => {
    try {
      run();
    } finally {
      unfinished -= 1;
    }
  });
};

// At the beginning of an event: makes a new Wasm instance where the last one was stopped in the middle of a run, which
// never ends then. So does the runtime with what takes more CPU time than it may, and keeps the isolate for what comes.
function revive() {
  if (unfinished > 0) {
    unfinished = 0;
    worker.__wbg_reset_state();
  }
}

const entry = {
  // Whoever asked may hang up. Then the runtime ends what only their answer waits for: a removal in its middle, without a
  // line in the log, and with what it held of Wasm's memory lost. What is begun is brought to its end.
  fetch(request, env, context) {
    revive();
    const answer = worker.fetch(request, env, context);
    context.waitUntil(answer);
    return answer;
  },
  // Whoever asks for the health asks the ledger of every app, and one that has lost its alarm sets it then.
  scheduled(event, env, context) {
    return entry.fetch(new Request("https://participant-remover/healthz"), env, context);
  },
};

export default entry;

// How often an alarm at work looks whether its instance has ended, in milliseconds.
const LOOK_MS = 5_000;

// Keeps the ledger of the current Wasm instance. What an ended one held is gone, and the ledger's state is in its
// storage.
export class RemovalLedger extends DurableObject {
  #ledger;
  #instance;
  #abandon = () => {};

  constructor(state, env) {
    super(state, env);
    this.#current();
  }

  #current() {
    revive();
    const { instanceId } = worker.__worker_init_state();
    if (this.#instance !== instanceId) {
      this.#abandon();
      this.#ledger = new worker.RemovalLedger(this.ctx, this.env);
      this.#instance = instanceId;
    }
    return this.#ledger;
  }

  fetch(request) {
    return this.#current().fetch(request);
  }

  // What an ended instance was doing never settles, and the runtime begins no alarm before the last one has ended. So an
  // alarm ends with its instance; the next one is set already.
  async alarm() {
    const ledger = this.#current();
    const look = setInterval(() => this.#current(), LOOK_MS);
    try {
      await Promise.race([
        ledger.alarm(),
        new Promise((resolve) => {
          this.#abandon = resolve;
        }),
      ]);
    } finally {
      clearInterval(look);
    }
  }
}
