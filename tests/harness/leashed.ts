// Starts a program on a leash: see leash.ts.
import { fileURLToPath } from 'node:url';

import { Program } from './process.ts';
import type { ProgramOptions } from './process.ts';

const LEASH = fileURLToPath(new URL('leash.ts', import.meta.url));

export function leashed(name: string, command: string, args: string[], options: ProgramOptions): Program {
  return new Program(name, process.execPath, [LEASH, command, ...args], options);
}
