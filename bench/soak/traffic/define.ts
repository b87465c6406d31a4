/** What every kind of traffic needs, and how a steady rate is kept. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Ports } from '../configuration.js';
import type { Ledger } from '../ledger.js';

/** Around all traffic. */
export interface Surroundings {
  readonly ports: Ports;
  readonly ledger: Ledger;
  /** Ends the traffic; exchanges that run then are awaited. */
  readonly signal: AbortSignal;
  /** Multiplies rates. */
  readonly load: number;
  /** Whether a certificate with this SHA-256 fingerprint may be presented now. */
  readonly isCurrent: (fingerprint: string) => boolean;
}

/** One kind of traffic; resolves when it has ended. */
export type Traffic = (around: Surroundings) => Promise<void>;

/** More at once than this means that answers stay away; they are failures then. */
const MOST_AT_ONCE = 200;

/**
 * Calls `act` so many times a second, at times that are not regular, without waiting for its end. A rejection is a failure of
 * `kind`; `isKillable` as in `Ledger.failed`.
 */
export async function paced(
  { signal, ledger, load }: Surroundings,
  { kind, rate, isKillable }: { readonly kind: string; readonly rate: number; readonly isKillable: boolean },
  act: () => Promise<void>,
): Promise<void> {
  const running = new Set<Promise<void>>();
  while (await pause(signal, (2 * Math.random() * 1000) / (rate * load))) {
    const began = performance.now();
    if (running.size >= MOST_AT_ONCE) {
      ledger.failed(kind, 'no end of earlier ones', began, false);
      continue;
    }
    const exchange = act().then(
      () => ledger.succeeded(kind),
      (thrown: unknown) => ledger.failed(kind, reasonOf(thrown), began, isKillable),
    );
    running.add(exchange);
    void exchange.then(() => running.delete(exchange));
  }
  await Promise.all(running);
}

/** Waits; false when the traffic ends meanwhile. */
export async function pause(signal: AbortSignal, milliseconds: number): Promise<boolean> {
  await sleep(milliseconds, undefined, { signal }).catch(() => undefined);
  return !signal.aborted;
}

/** A short text for equal failures: codes rather than messages with ports. */
export function reasonOf(thrown: unknown): string {
  const { code, message } = thrown as NodeJS.ErrnoException;
  return code ?? message;
}

/** One of `values`, by chance. */
export function oneOf<T>(values: readonly [T, ...T[]]): T {
  return values[Math.floor(Math.random() * values.length)] ?? values[0];
}
