/** Which files were moved to their places: who renames a file has written all of it. */
import { lstatSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';

/** What the system has reported about the entries of watched directories. */
export class Moves {
  readonly #moved = new Map<string, Set<string>>();

  /** Takes in a report of `fs.watch`: an entry that appeared, or went away ("rename"), or was written to ("change"). */
  note(directory: string, event: string, name: string | null): void {
    const moved = this.#moved.get(resolve(directory)) ?? new Set();
    this.#moved.set(resolve(directory), moved);
    if (name === null) moved.clear();
    else if (event === 'rename') moved.add(name);
    else moved.delete(name);
  }

  /** For a directory that is not watched any more: nobody knows what happens there. */
  forget(directory: string): void {
    this.#moved.delete(resolve(directory));
  }

  /** Whether the file appeared at its place and has not been written to there; false where nobody can tell. */
  isWhole(path: string): boolean {
    return this.#moved.get(dirname(resolve(path)))?.has(basename(path)) === true && isFile(path);
  }
}

/** A link tells nothing of the file behind it. */
function isFile(path: string): boolean {
  try {
    const status = lstatSync(path, { throwIfNoEntry: false });
    return status?.isFile() === true && status.size > 0;
  } catch {
    return false;
  }
}
