/** Limits of services: the key becomes a kind, names of keys become what the data plane sees, defaults become numbers. */
import { isIPv6 } from 'node:net';
import { resolveName } from '../merge/names.js';
import { limitKey, type LimitKey, type ServiceLimit } from '../schema/limit.js';
import { type concurrencyLimit, limitKeys } from '../snapshot/records.js';
import type { Value } from '../snapshot/wire.js';
import { identity, identityOf } from './identity.js';
import { promised } from './scope.js';

type WireLimit = Value<typeof concurrencyLimit>;

/** What a key may send in one turn when `quantum` is left out. */
const usualQuantum = { requests: 1, bytes: 64 * 1024 } as const;

/** Headers whose values are for nobody's eyes. */
const secretHeader = /authorization|cookie|token|secret|password|api-?key|credential/i;

/** The limit of the service `name` of `provider`. Its account is known by the name alone, so that it outlives its settings. */
export function compileLimit(name: string, provider: string, { concurrency, queue }: ServiceLimit): WireLimit {
  const key = promised(limitKey(queue.key), `${name} limit.queue.key`);
  const settings = {
    concurrency,
    key: limitKeys[key.kind],
    keyName: key.kind === 'header' ? key.name.toLowerCase() : key.kind === 'claim' ? key.name : '',
    hidesKeys: key.kind === 'header' && secretHeader.test(key.name),
    fifo: queue.discipline === 'fifo',
    costsBytes: queue.cost === 'bytes',
    quantum: BigInt(queue.quantum ?? usualQuantum[queue.cost]),
    maxLength: queue.maxLength,
    maxKeys: queue.maxKeys,
    maxWait: queue.maxWait,
    weights: Object.entries(queue.weights).map(([text, weight]) => ({ key: keyText(key, text, provider), weight })),
  };
  return { identity: identityOf(`limit ${name}`), version: identity(settings), service: name, ...settings };
}

/** A key of `weights` as the data plane finds it in requests. */
function keyText({ kind }: LimitKey, written: string, provider: string): string {
  const text = written.trim();
  switch (kind) {
    case 'header':
    case 'claim':
      return text;
    case 'router':
      return resolveName(text, provider);
    case 'host':
      return text.toLowerCase().replace(/\.$/, '');
    case 'clientIP':
      return isIPv6(text.replace(/\/64$/, '')) ? networkText(text) : text;
  }
}

/** An IPv6 client counts as its /64, in the canonical form of its first address. */
function networkText(address: string): string {
  const canonical = new URL(`http://[${address.replace(/\/64$/, '')}]`).hostname.slice(1, -1);
  const [head = '', tail] = canonical.split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const groups = [...before, ...Array<string>(8 - before.length - after.length).fill('0'), ...after].slice(0, 4);
  return `${new URL(`http://[${groups.join(':')}::]`).hostname.slice(1, -1)}/64`;
}
