/** Why routers that came close did not get the request. */
import type { NativeAnswer, NativeMiss } from '../engine/answer.js';
import type { NativeQuestion } from '../engine/binding.js';
import type { Configuration, RouterItem } from '../merge/model.js';
import { resolveName } from '../merge/names.js';
import type { MissKind, NearMiss } from './explanation.js';
import { placed, priorityOf } from './explain.js';
import { failed } from './predicate.js';

/** Disabled routers that are named at most: they are not in any index. */
const mostDisabled = 5;

/** The near misses of an answer: other doors first when nobody took the request, since that is the likely cause. */
export function nearMisses(
  answer: NativeAnswer,
  question: NativeQuestion,
  configuration: Configuration,
): readonly NearMiss[] {
  if (question.nearMisses === 0) return [];
  const below = (answer.layerMisses ?? [])
    .toReversed()
    .flatMap(({ parent, chosen, nearMisses: misses }) =>
      missedAmong(misses, chosen, configuration).map((miss) => ({ ...miss, parent })),
    );
  const here = missedAmong(answer.nearMisses ?? [], answer.router, configuration);
  const elsewhere = elsewhereOf(answer, question, configuration);
  const disabled = disabledOf(answer, configuration);
  const all =
    answer.router === undefined ? [...elsewhere, ...disabled, ...here] : [...below, ...here, ...elsewhere, ...disabled];
  return all.slice(0, question.nearMisses);
}

/** Of the routers among which `winner` was chosen. */
function missedAmong(
  misses: readonly NativeMiss[],
  winner: string | undefined,
  { routers }: Configuration,
): readonly NearMiss[] {
  const chosen = winner === undefined ? undefined : routers.get(winner);
  return misses
    .filter((miss) => miss.router !== winner)
    .map((miss) => {
      const item = routers.get(miss.router);
      if (miss.outranked) return missOf(miss.router, item, 'priority', outranked(item, chosen));
      const rule = item?.config?.rule ?? '';
      const tests = miss.failing.map((test) => failed(test, rule, item?.resolved?.rule));
      const predicates = tests.map(({ predicate }) => predicate).join(' || ');
      const found = [...new Set(tests.map((test) => test.found))].join(', ');
      return { ...missOf(miss.router, item, 'rule', `${predicates} does not hold: ${found}`), failed: tests };
    });
}

function outranked(item: RouterItem | undefined, chosen: RouterItem | undefined): string {
  const [own, better] = [priorityOf(item), priorityOf(chosen)];
  return own === better
    ? `it matches as well; at equal priority (${own}) the name that comes first in the alphabet wins`
    : `it matches as well, but its priority is ${own}, that of "${chosen?.name ?? ''}" is ${better}`;
}

function elsewhereOf(
  { elsewhere = [], router }: NativeAnswer,
  { entryPoint, tls }: NativeQuestion,
  { routers }: Configuration,
): readonly NearMiss[] {
  const byRouter = new Map<string, { entryPoint: string; tls: boolean }[]>();
  for (const { router: name, ...door } of elsewhere) {
    if (name === router) continue;
    byRouter.set(name, [...(byRouter.get(name) ?? []), door]);
  }
  return [...byRouter].map(([name, doors]) => {
    const item = routers.get(name);
    const own = doors.find((door) => door.entryPoint === entryPoint);
    if (own !== undefined)
      return missOf(
        name,
        item,
        'tls',
        `it matches, but ${kindOf(own.tls)}, and the request is ${tls ? 'TLS' : 'clear text'}`,
      );
    const places = [...new Set(doors.map((door) => door.entryPoint))].join(', ');
    const differs = doors.every((door) => door.tls !== tls) ? ` and ${kindOf(doors[0]?.tls === true)}` : '';
    return missOf(
      name,
      item,
      'entryPoint',
      `it matches, but it listens on ${places}${differs}; the request came to ${entryPoint}`,
    );
  });
}

const kindOf = (tls: boolean): string => (tls ? 'it serves TLS only' : 'it serves clear text only');

/** The compiled tables do not know them, so all that is said is that they are about this host, or below a router on the way. */
function disabledOf({ request, layers = [] }: NativeAnswer, { routers }: Configuration): readonly NearMiss[] {
  const host = request?.host ?? '';
  const found: NearMiss[] = [];
  for (const item of routers.values()) {
    if (item.status !== 'disabled') continue;
    const parent = parentsOf(item).find((name) => layers.includes(name));
    const isNamed = host !== '' && ruleOf(item).toLowerCase().includes(host);
    if (parent === undefined && !isNamed) continue;
    const tie = isNamed ? 'its rule names this host' : `it stands below "${parent ?? ''}"`;
    const because = `${tie}, but it is disabled: ${item.errors[0] ?? 'it has an error'}`;
    found.push({ ...missOf(item.name, item, 'disabled', because), ...(parent !== undefined && { parent }) });
    if (found.length === mostDisabled) break;
  }
  return found;
}

const parentsOf = ({ resolved, config, provider }: RouterItem): readonly string[] =>
  resolved?.parents ?? config?.parentRefs?.map((name) => resolveName(name, provider)) ?? [];

function ruleOf({ config, salvaged }: RouterItem): string {
  const rule = config?.rule ?? salvaged?.rule;
  return typeof rule === 'string' ? rule : '';
}

const missOf = (router: string, item: RouterItem | undefined, kind: MissKind, because: string): NearMiss => ({
  router,
  rule: item === undefined ? '' : ruleOf(item),
  priority: priorityOf(item),
  kind,
  because,
  ...placed(item),
});
