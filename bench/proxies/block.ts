/** How control planes are made to stand still, and asked for their memory. */
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import type { Proxy, Setting } from './define.js';

/** Arguments of Node that let `blockNode` and `scriptBytes` work; none when they are not wanted. */
export function hookArguments({ blocks, routes }: Setting): readonly string[] {
  return blocks || routes !== undefined
    ? ['--import', pathToFileURL(join(import.meta.dirname, 'node', 'hook.mjs')).href]
    : [];
}

/** Blocks the JavaScript of a process that was started with `hookArguments`. */
export const blockNode: NonNullable<Proxy['block']> = (pid, milliseconds, computes, { directory }) => {
  tell(pid, directory, { wanted: 'block', milliseconds, computes });
};

// A process that has just loaded 100,000 routes may be collecting garbage.
const ANSWER_MS = 5_000;

/** Bytes that belong to the JavaScript of a process that was started with `hookArguments`: V8's heap and its buffers. */
export const scriptBytes: NonNullable<Proxy['scriptBytes']> = async (pid, { directory }) => {
  const path = join(directory, 'memory.json');
  rmSync(path, { force: true });
  tell(pid, directory, { wanted: 'memory' });
  const deadline = performance.now() + ANSWER_MS;
  while (!existsSync(path)) {
    if (performance.now() > deadline) return NaN;
    await sleep(20);
  }
  const { heapTotal, external } = JSON.parse(readFileSync(path, 'utf8')) as NodeJS.MemoryUsage;
  return heapTotal + external;
};

function tell(pid: number, directory: string, what: object): void {
  const path = join(directory, 'hook.json');
  writeFileSync(`${path}.new`, JSON.stringify(what));
  renameSync(`${path}.new`, path);
  process.kill(pid, 'SIGUSR2');
}

/** Stops the process that is only there for reloads; its workers run on. */
export const stopMaster: NonNullable<Proxy['block']> = (pid, milliseconds) => {
  process.kill(pid, 'SIGSTOP');
  setTimeout(() => {
    try {
      process.kill(pid, 'SIGCONT');
    } catch {
      // ESRCH: it was ended meanwhile.
    }
  }, milliseconds);
};
