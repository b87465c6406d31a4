/** Identities: how an object is recognised in the next generation, so that what it has learnt survives. */
import { hash } from 'node:crypto';

/**
 * 64 bits of SHA-256 over a text: equal texts have equal identities, in every generation and process. Texts that differ
 * share one with a probability of n²/2⁶⁵, about one in four billion for 100,000 objects.
 */
export function identityOf(text: string): bigint {
  return BigInt(`0x${hash('sha256', text, 'hex').slice(0, 16)}`);
}

/** Identities that are asked for again and again: each takes as long as the rest of a server. */
export class Identities {
  readonly #known = new Map<string, bigint>();

  /** As `identityOf`. */
  of(text: string): bigint {
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    if (this.#known.size >= mostKnown) this.#known.clear();
    const identity = identityOf(text);
    this.#known.set(text, identity);
    return identity;
  }
}

/** A few megabytes. */
const mostKnown = 32_768;

/** Identity of plain data. The order of keys does not matter; `undefined` in an object counts as absent. */
export function identity(...values: readonly unknown[]): bigint {
  return identityOf(JSON.stringify(values, canonical));
}

function canonical(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
