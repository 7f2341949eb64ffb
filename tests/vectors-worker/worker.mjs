// Takes a JSON list of vectors, answers with a list of what the checks say of them: true, false, or an error's text.
import module from './pkg/vectors_worker_bg.wasm';
import { check, initSync } from './pkg/vectors_worker.js';

initSync({ module });

const bytes = (hex) => new Uint8Array((hex.match(/../g) ?? []).map((pair) => Number.parseInt(pair, 16)));

async function answer({ algorithm, key, message, signature }) {
  try {
    return await check(algorithm, bytes(key), bytes(message), bytes(signature));
  } catch (error) {
    return String(error);
  }
}

export default {
  async fetch(request) {
    const answers = [];
    for (const vector of await request.json()) answers.push(await answer(vector));
    return Response.json(answers);
  },
};
