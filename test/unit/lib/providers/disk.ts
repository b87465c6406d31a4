/** A file system, a clock and a watch in memory, for the tests of providers. */
import type { FileStatus, Occasion, Ports } from '../../../../lib/providers/define.js';
import { Wakeup } from '../../../../lib/providers/wakeup.js';

interface Entry {
  readonly text: string;
  readonly modified: number;
}

export class Disk implements Ports {
  readonly environment: Readonly<Record<string, string | undefined>> = {};
  /** Called on every sleep, in place of waiting: the clock goes on by itself. */
  onSleep: (milliseconds: number) => void = () => undefined;
  readonly sleeps: number[] = [];
  /** Paths of the texts that were read, in that order. */
  readonly reads: string[] = [];
  readonly #entries = new Map<string, Entry>();
  readonly #broken = new Set<string>();
  readonly #watches = new Map<Wakeup, () => readonly string[]>();
  #isAsked = false;
  #clock = 1_000_000;
  #writes = 0;

  constructor(files: Readonly<Record<string, string>> = {}) {
    for (const [path, text] of Object.entries(files)) this.write(path, text);
    this.#clock += 1_000;
  }

  /** Writes a file, and lets watches know. */
  write(path: string, text: string): void {
    this.#writes += 1;
    this.#entries.set(path, { text, modified: this.#clock + this.#writes / 1e6 });
    this.changed();
  }

  remove(path: string): void {
    this.#entries.delete(path);
    this.changed();
  }

  /** Makes a path unreadable, or readable again. */
  setBroken(path: string, broken: boolean): void {
    if (broken) this.#broken.add(path);
    else this.#broken.delete(path);
  }

  changed(): void {
    for (const [watch, paths] of this.#watches) if (paths().length > 0) watch.wake();
  }

  /** Everything is to be read again. */
  refresh(): void {
    this.#isAsked = true;
    for (const watch of this.#watches.keys()) watch.wake();
  }

  advance(milliseconds: number): void {
    this.#clock += milliseconds;
  }

  status = async (path: string): Promise<FileStatus | undefined> => {
    const entry = this.#entries.get(path);
    if (entry !== undefined) {
      const version = `${entry.modified}:${entry.text.length}`;
      const modified = Math.floor(entry.modified);
      return { kind: 'file', size: entry.text.length, modified, changed: modified, identity: path, version };
    }
    const isDirectory = [...this.#entries.keys()].some((name) => name.startsWith(`${path}/`));
    return isDirectory
      ? { kind: 'directory', size: 0, modified: 0, changed: 0, identity: path, version: path }
      : undefined;
  };

  list = async (directory: string): Promise<readonly string[]> => {
    if (this.#broken.has(directory)) throw new Error('permission denied');
    const below = [...this.#entries.keys()].filter((name) => name.startsWith(`${directory}/`));
    if (below.length === 0) throw new Error('there is no such directory');
    return [...new Set(below.map((name) => name.slice(directory.length + 1).split('/', 1)[0] ?? ''))].reverse();
  };

  readText = async (path: string): Promise<string> => {
    this.reads.push(path);
    const entry = this.#entries.get(path);
    if (entry === undefined) throw new Error('there is no such file');
    if (this.#broken.has(path)) throw new Error('permission denied');
    return entry.text;
  };

  /** Changes count from the call on, as those of the real ports do. */
  changes(paths: () => readonly string[], signal: AbortSignal): AsyncIterable<Occasion> {
    const wakeup = new Wakeup();
    this.#watches.set(wakeup, paths);
    return this.#bursts(wakeup, signal);
  }

  async *#bursts(wakeup: Wakeup, signal: AbortSignal): AsyncIterable<Occasion> {
    while (await wakeup.wait(signal)) {
      const occasion = this.#isAsked ? 'asked' : 'changed';
      this.#isAsked = false;
      yield occasion;
    }
    this.#watches.delete(wakeup);
  }

  sleep = async (milliseconds: number): Promise<void> => {
    this.sleeps.push(milliseconds);
    this.onSleep(milliseconds);
    this.#clock += milliseconds;
  };

  now = (): number => this.#clock;
}
