/** Keeps account of everything the traffic did, and tells failures that a kill explains from those that nothing explains. */

/** How an exchange ended. */
export type Outcome = 'ok' | 'documented' | 'unexpected';

/** One failure, for the file of events. */
export interface Failure {
  readonly kind: string;
  readonly what: string;
  readonly outcome: Outcome;
}

/** A kill is felt by what began this long before it is noticed as closed: the server's sockets close within a moment. */
const AFTERMATH_MS = 1000;

/** Counts by kind of traffic. */
export class Ledger {
  readonly #counts = new Map<string, Map<string, number>>();
  readonly #kills: number[] = [];
  readonly #report: (failure: Failure) => void;
  unexpected = 0;
  documented = 0;
  done = 0;

  /** `report` is told of every failure. */
  constructor(report: (failure: Failure) => void) {
    this.#report = report;
  }

  /** A server of the service `app` is being killed now, or was seen to be dead now: on a busy machine dying takes time. */
  noteKill(): void {
    this.#kills.push(performance.now());
    if (this.#kills.length > 10) this.#kills.shift();
  }

  succeeded(kind: string): void {
    this.done++;
    this.#count(kind, 'ok');
  }

  /**
   * Something that went wrong. `began` is when the exchange began (performance.now()); `isKillable` says that its server may
   * have been killed, which excuses it when one was killed in that time.
   */
  failed(kind: string, what: string, began: number, isKillable: boolean): void {
    const isExcused = isKillable && this.#kills.some((kill) => kill > began - AFTERMATH_MS);
    const outcome = isExcused ? 'documented' : 'unexpected';
    this[outcome]++;
    this.#count(kind, `${outcome}: ${what}`);
    this.#report({ kind, what, outcome });
  }

  /** All counts, by kind and outcome. */
  get counts(): Readonly<Record<string, Readonly<Record<string, number>>>> {
    return Object.fromEntries([...this.#counts].map(([kind, outcomes]) => [kind, Object.fromEntries(outcomes)]));
  }

  #count(kind: string, outcome: string): void {
    const outcomes = this.#counts.get(kind) ?? new Map<string, number>();
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    this.#counts.set(kind, outcomes);
  }
}
