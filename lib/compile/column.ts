/** Numbers of one kind, one for each of very many records: a list of them would be copied number by number. */

const smallest = 1024;

/** A list of unsigned numbers of 32 bits that grows at its end. */
export class Column {
  #numbers: Uint32Array;
  #length = 0;

  /** With room for as many as there are likely to be. */
  constructor(expected = smallest) {
    this.#numbers = new Uint32Array(Math.max(smallest, expected));
  }

  get length(): number {
    return this.#length;
  }

  /** The numbers so far; they are those of the column until it grows. */
  get view(): Uint32Array {
    return this.#numbers.subarray(0, this.#length);
  }

  /** The number at a place below `length`. */
  at(place: number): number {
    return this.#numbers[place] ?? 0;
  }

  /** Where a number stands in a column in which each is greater than the one before; -1 when it does not. */
  placeOf(number: number): number {
    let [low, high] = [0, Math.min(this.#length, number + 1)];
    // Where no number is left out it is known at once.
    if (this.at(high - 1) === number) return high - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.at(middle) < number) low = middle + 1;
      else high = middle;
    }
    return low < this.#length && this.at(low) === number ? low : -1;
  }

  push(number: number): void {
    this.#reserve(1);
    this.#numbers[this.#length++] = number;
  }

  /** Appends the numbers of another column from one place to before another. */
  append(other: Column, from: number, to: number): void {
    this.#reserve(to - from);
    this.#numbers.set(other.#numbers.subarray(from, to), this.#length);
    this.#length += to - from;
  }

  /** As `append`, each number replaced by what `change` makes of it, which is the same every time. */
  appendChanged(other: Column, from: number, to: number, change: (number: number) => number): void {
    this.#reserve(to - from);
    let known = -1;
    let changed = 0;
    for (let at = from; at < to; at++) {
      const number = other.at(at);
      // Most numbers stand many times in a row.
      if (number !== known) changed = change(number);
      known = number;
      this.#numbers[this.#length++] = changed;
    }
  }

  #reserve(more: number): void {
    const needed = this.#length + more;
    if (needed <= this.#numbers.length) return;
    const grown = new Uint32Array(Math.max(needed, 2 * this.#numbers.length));
    grown.set(this.view);
    this.#numbers = grown;
  }
}
