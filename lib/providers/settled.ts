/** Reads a file that somebody may be writing. */
import type { Ports } from './define.js';

/** A file whose last change is older than this is taken to be complete, milliseconds. */
const settleTime = 100;
/** Looks at a file that keeps changing, before it is given up for now: one second. */
const attempts = 20;
const pause = 50;
/** Milliseconds between two time stamps of the coarsest file system (FAT): a later change surely has another one. */
const coarsest = 2_000;

/** The text; `settled` is false when the file kept changing, so that the text may be half of what it will be. */
export interface SettledText {
  readonly text: string;
  readonly settled: boolean;
  /** The version of the file that says this text for sure: as long as it has it there is no need to read it again. */
  readonly version?: string;
}

/**
 * Reads a file until two looks in a row find it unchanged, or its last change is old enough, or it was moved to its place. A writer that truncates and
 * then writes in pieces would otherwise be read half-way, and half a configuration often parses. Throws with a reason.
 */
export async function readSettled(path: string, limit: number, ports: Ports): Promise<SettledText> {
  let text = '';
  let before: string | undefined;
  for (let attempt = 0; attempt < attempts; attempt++) {
    if (attempt > 0) await ports.sleep(pause);
    const start = await ports.status(path);
    text = await ports.readText(path, limit);
    const end = await ports.status(path);
    const quiet = end !== undefined && start?.version === end.version;
    if (quiet && ports.now() - Math.max(end.modified, end.changed) >= coarsest)
      return { text, settled: true, version: end.version };
    if (quiet && (ports.now() - end.modified >= settleTime || before === end.version)) return { text, settled: true };
    if (quiet && (await ports.isWhole?.(path)) === true) return { text, settled: true };
    // A time stamp of the future never grows old: then two equal looks decide, further apart than one pause.
    before = quiet && end.modified - ports.now() > settleTime ? end.version : undefined;
  }
  return { text, settled: false };
}
