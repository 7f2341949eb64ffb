// Waiting for conditions to become true.
import { setTimeout as sleep } from 'node:timers/promises';

/** Waits until a condition holds. */
export async function eventually(what: string, holds: () => Promise<boolean>, timeoutMs = 60_000): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`within ${timeoutMs} ms it did not come true that ${what}`);
    await sleep(100);
  }
}
