/** Gives each name that is asked for a number, in the order of asking: what nobody asks for is not in the snapshot. */
export class Numbering {
  readonly #indexes = new Map<string, number>();
  readonly #names: string[] = [];

  /** The index of a name, a new one when it is asked for the first time. */
  indexOf(name: string): number {
    const known = this.#indexes.get(name);
    if (known !== undefined) return known;
    this.#indexes.set(name, this.#names.length);
    return this.#names.push(name) - 1;
  }

  /** Lowers every name in the order of its number. Lowering may ask for further names; they are lowered as well. */
  lowerAll<T>(lower: (name: string) => T): readonly T[] {
    const lowered: T[] = [];
    for (let next = this.#names[0]; next !== undefined; next = this.#names[lowered.length]) lowered.push(lower(next));
    return lowered;
  }
}
