/** What the data plane refused, for as long as it is written as it was then. */
import { isDeepStrictEqual } from 'node:util';
import type { Configuration } from '../merge/model.js';
import { type Refusal, refusedItem } from '../validate/refusals.js';

interface Remembered {
  readonly refusal: Refusal;
  /** The object's configuration as it was then. */
  readonly config: unknown;
}

/** The refusals of one proxy. An object is given another chance as soon as its configuration is another. */
export class Refusals {
  #remembered: readonly Remembered[] = [];

  /** Those that are remembered. */
  get all(): readonly Refusal[] {
    return this.#remembered.map(({ refusal }) => refusal);
  }

  /** Remembers refusals; whether there was a new one. */
  add(refusals: readonly Refusal[], configuration: Configuration): boolean {
    const fresh = refusals.filter((refusal) => !this.#remembered.some((known) => isSame(known.refusal, refusal)));
    const added = fresh.map((refusal) => ({ refusal, config: refusedItem(refusal, configuration)?.config }));
    this.#remembered = [...this.#remembered, ...added];
    return added.length > 0;
  }

  /** Forgets refusals of objects that have changed since, and returns the others. */
  stillIn(configuration: Configuration): readonly Refusal[] {
    this.#remembered = this.#remembered.filter(
      ({ refusal, config }) =>
        config !== undefined && isDeepStrictEqual(refusedItem(refusal, configuration)?.config, config),
    );
    return this.all;
  }
}

const isSame = (a: Refusal, b: Refusal): boolean => a.kind === b.kind && a.name === b.name;
