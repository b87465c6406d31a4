/** Deadlines of routers and services: equal ones are stored once, and most have none. */
import type { Timeouts } from '../schema/timeouts.js';
import { none, type timeouts } from '../snapshot/records.js';
import type { Value } from '../snapshot/wire.js';
import type { Scope } from './scope.js';

type WireTimeouts = Value<typeof timeouts>;

const keys = ['connect', 'responseHeader', 'idle', 'total', 'perTry'] as const;
/** On the wire: not said here. */
const unset = -1n;

/** The index of these deadlines; `none` when nothing is said. */
export function timeoutsIndex(scope: Scope, written: Timeouts | undefined): number {
  if (written === undefined || keys.every((key) => written[key] === undefined)) return none;
  return scope.timeouts.indexOf(keys.map((key) => written[key] ?? unset).join(' '));
}

/** The deadlines that something asked for. */
export function compileTimeouts(scope: Scope): readonly WireTimeouts[] {
  return scope.timeouts.lowerAll((text) => {
    const values = text.split(' ').map(BigInt);
    return Object.fromEntries(keys.map((key, index) => [key, values[index] ?? unset])) as WireTimeouts;
  });
}
