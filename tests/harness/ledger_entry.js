// The Worker for two apps; it counts the calls to their ledgers, and can make some of them fail.
import worker, { RemovalLedger as Ledger } from './index.js';

/** The number of each call, by app and name: `app health`. */
const calls = {};
/** The number of times that each call should still fail. */
const failures = {};
/** The calls that are answered only after this many milliseconds, by the same name. */
const delays = {};

const withApps = (env) => ({ ...env, REALTIMEKIT_APP_IDS: 'app,other' });

export class RemovalLedger extends Ledger {
  constructor(state, env) {
    super(state, withApps(env));
  }

  async fetch(request) {
    const call = await request.clone().json();
    const name = `${request.headers.get('x-app-id')} ${typeof call === 'string' ? call : Object.keys(call)[0]}`;
    calls[name] = (calls[name] ?? 0) + 1;
    if (delays[name]) await new Promise((done) => setTimeout(done, delays[name]));
    if (!failures[name]) return super.fetch(request);
    failures[name] -= 1;
    return new Response('', { status: 503 });
  }
}

export default {
  async fetch(request, env, context) {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === '/calls') return Response.json(calls);
    if (pathname === '/fail') {
      failures[searchParams.get('call')] = Number(searchParams.get('times'));
      delays[searchParams.get('call')] = Number(searchParams.get('delay'));
      return new Response();
    }
    // A call that no version of the Worker makes.
    if (pathname === '/strange-call') {
      const headers = { 'x-app-id': 'other', 'x-request-id': 'strange' };
      return env.LEDGER.getByName('other').fetch('https://ledger/', { method: 'POST', headers, body: '{"strange":{}}' });
    }
    return worker.fetch(request, withApps(env), context);
  },
};
