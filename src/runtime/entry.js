// The module that the runtime loads. The exports of the Wasm module do the work: each of them first creates a new Wasm
// instance if a panic or a trap ended the last one, so nothing needs to be caught here.
//
// It replaces the one that worker-build generates, which creates an object and two proxies for every request.
import { DurableObject } from "cloudflare:workers";
import * as worker from "./index.js";

// How many runs of Rust futures are queued or in progress. As microtasks, they finish before the next event begins.
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

// Called as an event begins: creates a new Wasm instance if the last one was stopped in the middle of a run, which then
// never finishes. The runtime stops code that exceeds its CPU limit this way, and keeps the isolate for further events.
function revive() {
  if (unfinished > 0) {
    unfinished = 0;
    worker.__wbg_reset_state();
  }
}

const entry = {
  // The caller may hang up. The runtime then cancels what only the response waits for: a removal would stop halfway,
  // without a log line, and leak the Wasm memory that it held. Work that has begun is carried to its end.
  fetch(request, env, context) {
    revive();
    const answer = worker.fetch(request, env, context);
    context.waitUntil(answer);
    return answer;
  },
  // A health check asks the ledger of every app, and a ledger that has lost its alarm then sets it again.
  scheduled(event, env, context) {
    return entry.fetch(new Request("https://participant-remover/healthz"), env, context);
  },
};

export default entry;

// How often a running alarm checks whether its instance has ended, in milliseconds.
const LOOK_MS = 5_000;

// Keeps the ledger of the current Wasm instance. What an ended instance held is gone; the ledger's state is in its
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

  // The promises of an ended instance never settle, and the runtime starts no alarm before the last one has ended. So
  // an alarm ends with its instance; the next one is already set.
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
