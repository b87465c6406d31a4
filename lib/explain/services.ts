/** The services on the way and what each chooses. */
import type { NativeAnswer, NativeLimit } from '../engine/answer.js';
import { limitKeys, serviceKinds, strategies } from '../snapshot/records.js';
import { formatDuration } from '../source/duration.js';
import type { ExplainedLimit, ServiceChoice, StickyChoice } from './explanation.js';
import { cleaned } from './secrets.js';

const nameOf = (table: Readonly<Record<string, number>>, number: number): string =>
  Object.entries(table).find(([, value]) => value === number)?.[0] ?? '';

/** Why the child of that number, for kinds whose children have different parts. */
const partBecause: Readonly<Record<string, readonly string[]>> = {
  failover: ['it is asked first; the fallback answers when it cannot', 'no server of the service before it is up'],
  mirroring: ['it answers; mirrors get copies'],
};

function choiceBecause(candidates: number, isCurrent: boolean, how: string): string {
  if (candidates === 1) return 'there is no other';
  return isCurrent ? `the next choice of ${how} on the first worker` : `the first choice of ${how}`;
}

/** Each service that the request comes to, outermost first. */
export function serviceChoices(answer: NativeAnswer): readonly ServiceChoice[] {
  const services = answer.services ?? [];
  return services.map(({ name, kind, strategy, candidates, current, chosen, limit, cookie }, index) => {
    const type = nameOf(serviceKinds, kind);
    const base = {
      name,
      type,
      ...(limit !== undefined && { limit: limitOf(limit) }),
      ...(cookie !== undefined && { cookie: cookieOf(cookie) }),
    };
    if (candidates === undefined) return { ...base, because: 'a middleware or Fairlead itself answers' };
    if (chosen === undefined) {
      const because = candidates === 0 ? 'there is nothing to choose from' : 'it is decided when the request comes';
      return { ...base, candidates, because };
    }
    const next = services[index + 1]?.name ?? answer.server?.url ?? '';
    const because =
      cookie?.kept === true
        ? 'the cookie of the request says so'
        : (partBecause[type]?.[chosen] ?? choiceBecause(candidates, current === true, nameOf(strategies, strategy)));
    return { ...base, candidates, chosen: cleaned(['', next], [])[1], because };
  });
}

function limitOf({ key, keyName, fifo, costsBytes: _, maxWait, ...rest }: NativeLimit): ExplainedLimit {
  const kind = nameOf(limitKeys, key);
  return {
    ...rest,
    discipline: fifo ? 'fifo' : 'drr',
    key: keyName === '' ? kind : `${kind}:${keyName}`,
    maxWait: formatDuration(BigInt(maxWait)),
  };
}

const cookieOf = ({ name, kept, set }: { name: string; kept: boolean; set?: string | undefined }): StickyChoice => ({
  name,
  kept,
  ...(set !== undefined && { set }),
});
