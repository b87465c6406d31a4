/** Gives each name that is asked for a number, in the order of asking: what nobody asks for is not in the snapshot. */
export class Numbering {
  readonly #indexes = new Map<string, number>();
  readonly #names: string[] = [];

  /** In the order of their numbers. */
  get names(): readonly string[] {
    return this.#names;
  }

  /** The index of a name, a new one when it is asked for the first time. */
  indexOf(name: string): number {
    const known = this.#indexes.get(name);
    if (known !== undefined) return known;
    this.#indexes.set(name, this.#names.length);
    return this.#names.push(name) - 1;
  }

  /** Every name in the order of its number, with those that are asked for while somebody goes through them. */
  *all(): Iterable<string> {
    for (let at = 0; at < this.#names.length; at++) yield this.#names[at] ?? '';
  }

  /** Lowers every name in the order of its number. Lowering may ask for further names; they are lowered as well. */
  lowerAll<T>(lower: (name: string) => T): readonly T[] {
    const lowered: T[] = [];
    for (const name of this.all()) lowered.push(lower(name));
    return lowered;
  }
}
