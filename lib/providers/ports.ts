/** The real outside world of providers. */
import { readdir, stat } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { FileFault, readRegularFile } from '../source/files.js';
import type { FileStatus, Ports } from './define.js';
import { Moves } from './moves.js';
import { type Refreshes, watchDefaults, type WatchOptions, watchPaths } from './watch.js';

/** Ports with the means to have everything read again. */
export interface RefreshablePorts extends Ports {
  /** Makes every provider that watches files look at them again, whether or not they seem to have changed (SIGHUP). */
  refresh(): void;
}

/** Ports over the file system, the clock and the given environment. */
export function realPorts(
  environment: Readonly<Record<string, string | undefined>>,
  watching: WatchOptions = watchDefaults,
): RefreshablePorts {
  const refreshes: Refreshes = new Set();
  const moves = new Moves();
  const ports: Ports = {
    environment,
    status,
    list,
    readText: readRegularFile,
    changes: (paths, signal) => watchPaths(paths, { status }, { refreshes, moves }, signal, watching),
    isWhole: async (path) => {
      await everythingReported();
      return moves.isWhole(path);
    },
    sleep,
    now: () => Date.now(),
  };
  return { ...ports, refresh: () => [...refreshes].forEach((refresh) => refresh()) };
}

/** What was done to a file before it was read is reported in the round of the event loop that has begun, or the next. */
async function everythingReported(): Promise<void> {
  for (let round = 0; round < 2; round++) await new Promise((resolve) => setImmediate(resolve));
}

async function status(path: string): Promise<FileStatus | undefined> {
  try {
    const found = await stat(path, { bigint: true });
    const identity = `${found.dev}:${found.ino}`;
    return {
      kind: found.isFile() ? 'file' : found.isDirectory() ? 'directory' : 'other',
      size: Number(found.size),
      modified: Number(found.mtimeMs),
      changed: Number(found.ctimeMs),
      identity,
      version: `${identity}:${found.size}:${found.mtimeNs}:${found.ctimeNs}`,
    };
  } catch {
    return undefined;
  }
}

async function list(directory: string): Promise<readonly string[]> {
  try {
    return await readdir(directory);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    const reason =
      code === 'ENOENT'
        ? 'there is no such directory'
        : code === 'ENOTDIR'
          ? 'it is not a directory'
          : (code ?? 'unknown error');
    throw new FileFault(reason, { cause });
  }
}

async function sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
  try {
    await delay(milliseconds, undefined, signal === undefined ? {} : { signal });
  } catch {
    // Aborted: the caller looks at its signal.
  }
}
