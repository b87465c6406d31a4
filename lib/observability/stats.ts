/** The counters of the data plane as an object with names. */
import { activity, counters, firstReason } from './counters.js';
import type { QueueStats } from './queues.js';
import { reasons } from './reasons.js';

type Camel<S extends string> = S extends `${infer Head}_${infer Tail}` ? `${Head}${Capitalize<Camel<Tail>>}` : S;

/** Name of a number in `Stats`. */
export type StatName = Camel<(typeof activity)[number]['name']>;

/** Sums over all workers since the engine started; gauges are the present value. */
export type Stats = Readonly<Record<StatName, number>> & {
  /** How often the data plane gave up on something, by reason; reasons that never happened are left out. */
  readonly reasons: Readonly<Record<string, number>>;
  /** Limits of services and who waits for them, by the name of the service. */
  readonly queues: Readonly<Record<string, QueueStats>>;
};

const camelCase = (name: string): string => name.replace(/_(.)/g, (_, c: string) => c.toUpperCase());
const statNames = activity.map(({ name }) => camelCase(name));

/** How many numbers `readStats` fills. */
export const statCount = counters.length;

/** Names what `readStats` has filled. Numbers are exact up to 2^53. */
export function statsOf(values: BigUint64Array, queues: Stats['queues']): Stats {
  const named = Object.fromEntries(statNames.map((name, index) => [name, Number(values[index] ?? 0n)]));
  const happened = reasons.flatMap(({ name }, index) => {
    const count = Number(values[firstReason + index] ?? 0n);
    return count === 0 ? [] : [[name, count] as const];
  });
  return { ...(named as Record<StatName, number>), reasons: Object.fromEntries(happened), queues };
}
