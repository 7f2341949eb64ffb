// Runs a command in this process's group and ends the whole group when standard input closes: however the tests end,
// even by SIGKILL, wrangler and the runtime below it do not outlive them.
import { spawn } from 'node:child_process';

const GRACE_MS = 3_000;
const [command = '', ...args] = process.argv.slice(2);

const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit'] });

function endGroup(): void {
  process.kill(0, 'SIGKILL');
}

function end(): void {
  child.kill('SIGTERM');
  setTimeout(endGroup, GRACE_MS);
}

child.on('error', (error) => {
  console.error(`cannot run ${command}: ${error.message}`);
  endGroup();
});
child.on('exit', endGroup);
process.on('SIGTERM', end);
process.on('SIGINT', end);
process.stdin.on('end', end).on('error', end).resume();
