/** The services on the way and what each chooses. */
import type { NativeAnswer } from '../engine/answer.js';
import { serviceKinds, strategies } from '../snapshot/records.js';
import type { ServiceChoice } from './explanation.js';
import { cleaned } from './secrets.js';

const nameOf = (table: Readonly<Record<string, number>>, number: number): string =>
  Object.entries(table).find(([, value]) => value === number)?.[0] ?? '';

/** Kinds that have a main service. */
const mainBecause: Readonly<Record<string, string>> = {
  failover: 'it is asked first; the fallback answers when it cannot',
  mirroring: 'it answers; mirrors get copies',
};

function choiceBecause(candidates: number, isCurrent: boolean, how: string): string {
  if (candidates === 1) return 'there is no other';
  return isCurrent ? `the next choice of ${how} on the first worker` : `the first choice of ${how}`;
}

/** Each service that the request comes to, outermost first. */
export function serviceChoices(answer: NativeAnswer): readonly ServiceChoice[] {
  const services = answer.services ?? [];
  return services.map(({ name, kind, strategy, candidates, current, chosen }, index) => {
    const type = nameOf(serviceKinds, kind);
    const base = { name, type };
    if (candidates === undefined) return { ...base, because: 'a middleware or Fairlead itself answers' };
    if (chosen === undefined) {
      const because = candidates === 0 ? 'there is nothing to choose from' : 'it is decided when the request comes';
      return { ...base, candidates, because };
    }
    const next = services[index + 1]?.name ?? answer.server?.url ?? '';
    const because = mainBecause[type] ?? choiceBecause(candidates, current === true, nameOf(strategies, strategy));
    return { ...base, candidates, chosen: cleaned(['', next], [])[1], because };
  });
}
