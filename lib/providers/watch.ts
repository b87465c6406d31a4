/** Notices that files change. */
import { type FSWatcher, watch } from 'node:fs';
import { dirname, join } from 'node:path';
import { Burst } from './burst.js';
import type { FileStatus, Occasion, Ports } from './define.js';
import type { Moves } from './moves.js';
import { Wakeup } from './wakeup.js';

/** Times of a watch, milliseconds. */
export interface WatchOptions {
  /** How often paths are compared whether or not the system reports changes (bind mounts, network file systems). */
  readonly pollInterval: number;
  /** Time between the first report of a burst and the comparison, at most. Milliseconds, as above. */
  readonly debounce: number;
}

/** What users get. */
export const watchDefaults: WatchOptions = { pollInterval: 5_000, debounce: 50 };

/** Directories watched at once; what is beyond is only polled, since the system has few watches to give. */
const mostWatched = 1_000;

/** Those who want to be woken by `refresh`. */
export type Refreshes = Set<() => void>;

/** What all watches of one process share. */
export interface Watching {
  readonly refreshes: Refreshes;
  readonly moves: Moves;
}

/**
 * Yields once for each burst of changes of the paths, until the signal aborts; at once for paths it did not know, so that
 * nothing is missed between the caller's look and ours. A member of `refreshes` that is called makes it yield whether or
 * not anything changed (SIGHUP). A file that is moved to the only path there is makes no burst: it is told at once.
 */
export async function* watchPaths(
  paths: () => readonly string[],
  ports: Pick<Ports, 'status'>,
  { refreshes, moves }: Watching,
  signal: AbortSignal,
  options: WatchOptions = watchDefaults,
): AsyncIterable<Occasion> {
  const watched = new WatchedDirectories(options, moves);
  const refresh = { asked: false };
  const onRefresh = () => {
    refresh.asked = true;
    watched.wakeup.wake();
  };
  refreshes.add(onRefresh);
  let before: ReadonlyMap<string, string> = new Map();
  try {
    while (!signal.aborted) {
      const statuses = await statusesOf(paths(), ports);
      watched.follow(statuses);
      const now = new Map([...statuses].map(([path, status]) => [path, status?.version ?? 'missing']));
      const { asked } = refresh;
      const changed = asked || differ(before, now);
      before = now;
      refresh.asked = false;
      if (changed) yield asked ? 'asked' : 'changed';
      else if (!(await watched.wakeup.wait(signal))) return;
    }
  } finally {
    refreshes.delete(onRefresh);
    watched.close();
  }
}

type Statuses = ReadonlyMap<string, FileStatus | undefined>;

async function statusesOf(paths: readonly string[], ports: Pick<Ports, 'status'>): Promise<Statuses> {
  const found = new Map<string, FileStatus | undefined>();
  for (const path of paths) found.set(path, await ports.status(path));
  return found;
}

function differ(before: ReadonlyMap<string, string>, now: ReadonlyMap<string, string>): boolean {
  for (const [path, version] of now) if (before.get(path) !== version) return true;
  return false;
}

/** Watches directories, never files: a watch on a file goes deaf when the file is replaced. */
class WatchedDirectories {
  readonly wakeup = new Wakeup();
  readonly #moves: Moves;
  /** The path, where there is one only. */
  #alone: string | undefined;
  readonly #watchers = new Map<string, { readonly watcher: FSWatcher | undefined; readonly identity: string }>();
  readonly #poll: NodeJS.Timeout;
  readonly #burst: Burst;

  constructor(options: WatchOptions, moves: Moves) {
    this.#moves = moves;
    this.#burst = new Burst(options.debounce, () => this.wakeup.wake());
    this.#poll = setInterval(() => this.wakeup.wake(), options.pollInterval).unref();
  }

  /** Watches the directories in which the paths stand, or which they are, and no others. */
  follow(statuses: Statuses): void {
    this.#alone = statuses.size === 1 ? [...statuses.keys()][0] : undefined;
    const wanted = new Map<string, string>();
    for (const [path, status] of statuses) {
      if (status?.kind === 'directory') wanted.set(path, status.identity);
      else if (!wanted.has(dirname(path))) wanted.set(dirname(path), statuses.get(dirname(path))?.identity ?? '');
    }
    for (const [directory, { watcher, identity }] of this.#watchers) {
      if (watcher !== undefined && wanted.get(directory) === identity) continue;
      watcher?.close();
      this.#moves.forget(directory);
      this.#watchers.delete(directory);
    }
    for (const [directory, identity] of wanted) {
      if (this.#watchers.has(directory) || this.#watchers.size >= mostWatched) continue;
      this.#watchers.set(directory, { watcher: this.#watch(directory), identity });
    }
  }

  close(): void {
    clearInterval(this.#poll);
    this.#burst.close();
    for (const [directory, { watcher }] of this.#watchers) {
      watcher?.close();
      this.#moves.forget(directory);
    }
    this.#watchers.clear();
  }

  /** Undefined when the system gives no watch (none left, no such directory): then only the poll notices. */
  #watch(directory: string): FSWatcher | undefined {
    try {
      const watcher = watch(directory, { persistent: false }, (event, name) => this.#reported(directory, event, name));
      // A directory that goes away is noticed by the poll, and watched again when it is back.
      watcher.on('error', () => watcher.close());
      return watcher;
    } catch {
      return undefined;
    }
  }

  #reported(directory: string, event: string, name: string | null): void {
    this.#moves.note(directory, event, name);
    const path = join(directory, name ?? '');
    const isWhole = event === 'rename' && this.#moves.isWhole(path);
    if (isWhole && this.#alone !== undefined && path === join(this.#alone)) return this.wakeup.wake();
    this.#burst.note(isWhole);
  }
}
