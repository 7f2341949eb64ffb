// The Worker, with the cost of each request in the response headers.
import { crossings } from './crossings.js';
import worker from './index.js';

export { RemovalLedger } from './index.js';

// The runtime shows it to whoever follows the log.
addEventListener('unhandledrejection', ({ reason }) => console.log(`unhandled rejection: ${reason}`));

export default {
  async fetch(request, env, context) {
    if (new URL(request.url).pathname === '/collect') {
      gc();
      return new Response();
    }
    if (new URL(request.url).pathname === '/hold') {
      crossings.hold = true;
      worker.fetch(new Request(new URL('/healthz', request.url)), env, context);
      return new Response();
    }
    if (new URL(request.url).pathname === '/reject') {
      Promise.reject(new Error('asked for'));
      return new Response();
    }
    crossings.trap = new URL(request.url).pathname === '/trap';
    const { toJavaScript, toWasm } = crossings;
    const answer = await worker.fetch(request, env, context);
    const response = new Response(answer.body, answer);
    response.headers.set('crossings', `${crossings.toJavaScript - toJavaScript} ${crossings.toWasm - toWasm}`);
    response.headers.set('instances', crossings.instances);
    response.headers.set('wasm-memory', crossings.exports.memory.buffer.byteLength);
    return response;
  },
};
