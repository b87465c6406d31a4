/** Names become numbers. From one configuration to the next most names are asked for in the same order. */

/** Names in the order of their numbers, and back. Nothing is ever taken out or changed: who shares it knows a beginning of it. */
class Table {
  readonly names: string[];
  readonly numbers: Map<string, number>;

  constructor(names: string[] = []) {
    this.names = names;
    this.numbers = new Map(names.map((name, number) => [name, number]));
  }
}

/** Gives each name that is asked for a number, in the order of asking: what nobody asks for is not in the snapshot. */
export class Numbering {
  /** That of the numbering before as long as the same names are asked for: of a hundred thousand a new one is megabytes. */
  #table: Table;
  /** How many of the names of the table have been asked for. */
  #length = 0;

  /** `before` numbered the names of the configuration before. */
  constructor(before?: Numbering) {
    this.#table = before === undefined ? new Table() : before.#table;
  }

  get length(): number {
    return this.#length;
  }

  /** In the order of their numbers. */
  get names(): readonly string[] {
    const { names } = this.#table;
    return this.#length === names.length ? names : names.slice(0, this.#length);
  }

  /** The index of a name, a new one when it is asked for the first time. */
  indexOf(name: string): number {
    const { names, numbers } = this.#table;
    if (names[this.#length] === name) return this.#length++;
    const known = numbers.get(name);
    if (known !== undefined && known < this.#length) return known;
    // Others have asked for something else next.
    if (this.#length < names.length) this.#table = new Table(names.slice(0, this.#length));
    this.#table.names.push(name);
    this.#table.numbers.set(name, this.#length);
    return this.#length++;
  }

  /** The index of the name that has that number in another numbering. */
  indexLike(other: Numbering, number: number): number {
    const isShared = this.#table === other.#table && number < this.#length;
    return isShared ? number : this.indexOf(other.#table.names[number] ?? '');
  }

  /** Every name in the order of its number, with those that are asked for while somebody goes through them. */
  *all(): Iterable<string> {
    for (let at = 0; at < this.#length; at++) yield this.#table.names[at] ?? '';
  }

  /** Lowers every name in the order of its number. Lowering may ask for further names; they are lowered as well. */
  lowerAll<T>(lower: (name: string) => T): readonly T[] {
    const lowered: T[] = [];
    for (const name of this.all()) lowered.push(lower(name));
    return lowered;
  }
}
