/** How control planes are made to stand still. */
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Proxy, Setting } from './define.js';

/** Arguments of Node that let `blockNode` work; none when nothing is to be blocked. */
export function hookArguments({ blocks }: Setting): readonly string[] {
  return blocks ? ['--import', pathToFileURL(join(import.meta.dirname, 'node', 'hook.mjs')).href] : [];
}

/** Blocks the JavaScript of a process that was started with `hookArguments`. */
export const blockNode: NonNullable<Proxy['block']> = (pid, milliseconds, computes, { directory }) => {
  const path = join(directory, 'hook.json');
  writeFileSync(`${path}.new`, JSON.stringify({ milliseconds, computes }));
  renameSync(`${path}.new`, path);
  process.kill(pid, 'SIGUSR2');
};

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
