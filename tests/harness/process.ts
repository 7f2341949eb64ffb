// Programs started by tests. None outlives the tests: each ends when its standard input closes, and is killed with its
// whole process group when the tests exit.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

const running = new Set<number>();

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // The group has already ended.
  }
}

process.on('exit', () => {
  running.forEach(killGroup);
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => process.exit(1));
}

export interface ProgramOptions {
  env?: Record<string, string | undefined>;
  cwd?: string;
  /** Called with every line of standard output and error, as it arrives. */
  onLine: (line: string) => void;
}

/** A running program whose output lines are monitored. */
export class Program {
  readonly #child: ChildProcess;
  readonly #name: string;
  readonly #lines: string[] = [];
  readonly #waiting = new Set<() => void>();
  #ended = false;

  constructor(name: string, command: string, args: string[], options: ProgramOptions) {
    this.#name = name;
    this.#child = spawn(command, args, {
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, ...options.env },
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    });
    if (this.#child.pid !== undefined) running.add(this.#child.pid);
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      if (stream === null) continue;
      createInterface({ input: stream }).on('line', (line) => {
        options.onLine(line);
        this.#lines.push(line);
        this.#wake();
      });
    }
    this.#child.on('error', (error) => this.#close(`cannot start: ${error.message}`));
    this.#child.on('exit', (code, signal) => this.#close(`ended with ${code ?? signal}`));
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Returns the first line that matches, whether it has already been printed or is still to come. */
  async line(pattern: RegExp, timeoutMs: number): Promise<RegExpMatchArray> {
    const deadline = Date.now() + timeoutMs;
    for (let next = 0; ; ) {
      for (; next < this.#lines.length; next += 1) {
        const match = this.#lines[next]?.match(pattern);
        if (match) return match;
      }
      if (this.#ended || Date.now() >= deadline) {
        const why = this.#ended ? 'ended' : `did not print ${pattern} within ${timeoutMs} ms`;
        throw new Error(`${this.#name} ${why}:\n${this.#lines.slice(-40).join('\n')}`);
      }
      await this.#change(deadline - Date.now());
    }
  }

  /** Waits until it exits. */
  async wait(): Promise<void> {
    if (!this.#ended) await once(this.#child, 'exit');
  }

  /** Stops it and everything below it. */
  async stop(): Promise<void> {
    this.#child.stdin?.end();
    await this.wait();
  }

  /** Kills it and everything below it immediately, as a crash of the machine would. */
  async kill(): Promise<void> {
    if (this.#child.pid !== undefined) killGroup(this.#child.pid);
    await this.wait();
  }

  #change(timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(done);
        resolve();
      };
      const timer = setTimeout(done, timeoutMs);
      this.#waiting.add(done);
    });
  }

  #wake(): void {
    for (const done of [...this.#waiting]) done();
  }

  #close(how: string): void {
    this.#ended = true;
    if (this.#child.pid !== undefined) running.delete(this.#child.pid);
    this.#lines.push(`(${this.#name} ${how})`);
    this.#wake();
  }
}
