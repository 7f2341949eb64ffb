// The Worker, with a way to lose the alarm of its app's ledger and one to run its cron.
import worker, { RemovalLedger as Ledger } from './index.js';

export class RemovalLedger extends Ledger {
  async fetch(request) {
    if (new URL(request.url).pathname !== '/lose-alarm') return super.fetch(request);
    await this.ctx.storage.deleteAlarm();
    return new Response();
  }
}

export default {
  async fetch(request, env, context) {
    const { pathname } = new URL(request.url);
    if (pathname === '/lose-alarm') return env.LEDGER.getByName('app').fetch(request);
    if (pathname !== '/cron') return worker.fetch(request, env, context);
    await worker.scheduled({ cron: '* * * * *', scheduledTime: Date.now(), noRetry() {} }, env, context);
    return new Response();
  },
};
