// The Worker, with routes that lose or postpone the alarm of its app's ledger, report which storage calls its handler
// made, and run its cron.
import worker, { RemovalLedger as Ledger } from './index.js';

/** The storage calls of the last alarm's handler, in order. */
let asked = [];

export class RemovalLedger extends Ledger {
  async fetch(request) {
    const { pathname } = new URL(request.url);
    if (pathname === '/asked') return Response.json(asked);
    if (pathname === '/put-off-alarm') {
      await this.ctx.storage.setAlarm(Date.now() + 90 * 86_400_000);
      await this.ctx.storage.sync();
      this.ctx.abort('another instance begins');
    }
    if (pathname !== '/lose-alarm') return super.fetch(request);
    await this.ctx.storage.deleteAlarm();
    return new Response();
  }

  async alarm(info) {
    const { storage } = this.ctx;
    asked = [];
    for (const name of ['setAlarm', 'sync', 'transactionSync']) {
      storage[name] = (...values) => {
        asked.push(name);
        return Object.getPrototypeOf(storage)[name].apply(storage, values);
      };
    }
    await super.alarm(info);
  }
}

export default {
  async fetch(request, env, context) {
    const { pathname } = new URL(request.url);
    if (pathname === '/put-off-alarm') {
      // It dies in the middle of its response.
      await env.LEDGER.getByName('app').fetch(request).catch(() => {});
      return new Response();
    }
    if (pathname === '/lose-alarm' || pathname === '/asked') return env.LEDGER.getByName('app').fetch(request);
    if (pathname !== '/cron') return worker.fetch(request, env, context);
    await worker.scheduled({ cron: '* * * * *', scheduledTime: Date.now(), noRetry() {} }, env, context);
    return new Response();
  },
};
