/** What services with a limit tell of it: who is at their servers, who waits, who was turned away. */

/** One key. Counts go up only while the key is remembered; those of forgotten ones go over to the key `other`. */
export interface QueueKeyStats {
  /** Its value, up to 64 bytes; `#` and a number where values are secret. */
  readonly key: string;
  readonly weight: number;
  /** Requests at the servers now. */
  readonly active: number;
  /** Requests in the queue now. */
  readonly waiting: number;
  /** Requests let through, at once or in turn. */
  readonly served: number;
  /** Requests let through in turn, and the seconds they waited together. */
  readonly waited: number;
  readonly waitSeconds: number;
  /** Requests answered 503 because the queue was full (`queue_full`), or because they waited too long (`queue_timeout`). */
  readonly shedFull: number;
  readonly shedLate: number;
  /** Requests whose client went away while they waited. */
  readonly gone: number;
}

/** One service with a limit. */
export interface QueueStats {
  readonly concurrency: number;
  readonly active: number;
  readonly waiting: number;
  readonly maxLength: number;
  /** In the order of their names. */
  readonly keys: readonly QueueKeyStats[];
}

/** As the data plane writes it: times are nanoseconds. */
interface WrittenKey extends Omit<QueueKeyStats, 'waitSeconds'> {
  readonly waitTime: number;
}
type Written = Omit<QueueStats, 'keys'> & { readonly service: string; readonly keys: readonly WrittenKey[] };

/** Names what `readLimits` has written. */
export function queueStatsOf(json: string): Readonly<Record<string, QueueStats>> {
  const limits = JSON.parse(json) as readonly Written[];
  return Object.fromEntries(limits.map(({ service, keys, ...rest }) => [service, { ...rest, keys: sorted(keys) }]));
}

const sorted = (keys: readonly WrittenKey[]): readonly QueueKeyStats[] =>
  [...keys]
    .sort((a, b) => (a.key < b.key ? -1 : 1))
    .map(({ waitTime, ...rest }) => ({ ...rest, waitSeconds: waitTime / 1e9 }));
