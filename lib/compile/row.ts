/** Objects of one kind, one for each of very many records: a list of them that grows by itself is copied three times over. */
export class Row<T> {
  readonly #items: (T | undefined)[];
  #length = 0;

  /** With room for as many as there are likely to be. */
  constructor(expected = 0) {
    this.#items = new Array<T | undefined>(expected);
  }

  get length(): number {
    return this.#length;
  }

  /** Those so far. */
  get view(): readonly T[] {
    const items = this.#items as readonly T[];
    return this.#length === items.length ? items : items.slice(0, this.#length);
  }

  /** What stands at a place below `length`. */
  at(place: number): T {
    return this.#items[place] as T;
  }

  /** Returns the place of it. */
  push(item: T): number {
    this.#items[this.#length] = item;
    return this.#length++;
  }

  /** Puts something else in the last place. */
  replaceLast(item: T): void {
    this.#items[this.#length - 1] = item;
  }

  /** Appends what another row has from one place to before another. */
  append(other: Row<T>, from: number, to: number): void {
    for (let at = from; at < to; at++) this.push(other.at(at));
  }
}
