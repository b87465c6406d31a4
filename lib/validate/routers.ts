/** `http.routers`: rules, entry points, and everything they name. */
import type { Diagnostic } from '../diagnostics/diagnostic.js';
import { didYouMean } from '../diagnostics/suggest.js';
import { isChild } from '../merge/entry-points.js';
import { mapOf, resolvedItem, withFindings } from '../merge/item.js';
import type { Item, MiddlewareConfig, ResolvedRouter, RouterItem, ServiceConfig, ServiceItem } from '../merge/model.js';
import { internal, resolveTlsName } from '../merge/names.js';
import type { Settings } from '../merge/settings.js';
import type { Router } from '../schema/router.js';
import type { RuleSyntax } from '../schema/rule/ast.js';
import { defaultPriority, hostsOf } from '../schema/rule/parser.js';
import { align } from '../source/alignment.js';
import { listOf, type NameIndex } from '../source/by-name.js';
import type { Path } from '../source/origin.js';
import { Remembered } from '../source/remembered.js';
import type { Work } from '../work.js';
import { atEntryPoint, findingOn } from './finding.js';
import { middlewareReference, refer, References, serviceReference } from './references.js';
import { checkRule } from './rules.js';
import { nothing } from '../source/nothing.js';

/** What routers may name. */
export interface RouterContext {
  readonly settings: Settings;
  readonly services: ReadonlyMap<string, ServiceItem>;
  readonly middlewares: ReadonlyMap<string, Item<MiddlewareConfig>>;
}

/** The context of one round. */
interface Round extends RouterContext {
  readonly references: References<ServiceConfig>;
}

/** Traefik keeps the priorities above this for internal routers. */
const maxUserPriority = 2n ** 63n - 1n - 1000n;

/** Routers as they were merged, with what was made of each the last time, and what there was then for them to name. */
export class RouterMemory {
  readonly items = new Remembered<RouterItem, RouterItem>();
  services: readonly ServiceItem[] = [];
  middlewares: readonly Item<MiddlewareConfig>[] = [];
}

/** All routers resolved, but for the existence of their TLS options, which depends on their neighbours. */
export function* checkRouters(
  routers: ReadonlyMap<string, RouterItem>,
  context: RouterContext,
  memory: RouterMemory,
  names: NameIndex,
): Work<ReadonlyMap<string, RouterItem>> {
  const [services, middlewares] = [listOf(context.services), listOf(context.middlewares)];
  const sameTargets = servesSame(memory.services, services) && servesSame(memory.middlewares, middlewares);
  const round = { ...context, references: new References(serviceReference, context.services) };
  const check = (item: RouterItem, before: RouterItem | undefined): RouterItem => {
    if (before !== undefined && isClean(item, before) && isServedStill(before, context)) return before;
    return item.config === undefined ? checkSalvaged(item, context) : checkDecoded(item, item.config, round);
  };
  const checked = yield* memory.items.each(listOf(routers), check, isClean, !sameTargets);
  [memory.services, memory.middlewares] = [services, middlewares];
  return yield* mapOf(checked, names, 'checked');
}

/** Whether the same names are served; what stands behind them may be another object. */
function servesSame(before: readonly Item<unknown>[], now: readonly Item<unknown>[]): boolean {
  const { gone, come } = align(before, now);
  if (gone.length !== come.length) return false;
  const left = new Map(gone.map((item) => [item.name, isServed(item)]));
  return come.every((item) => left.get(item.name) === isServed(item));
}

const isServed = (target: Item<unknown> | undefined): boolean => target !== undefined && target.status !== 'disabled';

/** Nothing was found when the router was looked at before. */
const isClean = (item: RouterItem, { resolved, diagnostics }: RouterItem): boolean =>
  resolved !== undefined && diagnostics.length === item.diagnostics.length;

/** What the router names is served as it was then. */
function isServedStill({ resolved }: RouterItem, context: RouterContext): boolean {
  return (
    (resolved?.service === undefined || isServed(context.services.get(resolved.service))) &&
    (resolved?.middlewares ?? []).every((name) => isServed(context.middlewares.get(name)))
  );
}

/** A router that could not be decoded, with what is wrong with the rest of it. */
function checkSalvaged(item: RouterItem, context: RouterContext): RouterItem {
  const { salvaged } = item;
  if (salvaged === undefined) return item;
  const { rule, ruleSyntax, entryPoints, middlewares = [], service, priority = 0n } = salvaged;
  const served =
    service === undefined ? undefined : refer(serviceReference, context.services, item, service, ['service']);
  return withFindings(item, [
    ...(rule === undefined ? [] : checkRule(item, rule, syntaxOf(item, ruleSyntax, context)).diagnostics),
    ...(entryPoints === undefined || isChild(salvaged)
      ? []
      : checkEntryPoints(item, { entryPoints }, context.settings).diagnostics),
    ...checkChain(item, { middlewares, entryPoints }, context).diagnostics,
    ...(served?.finding === undefined ? [] : [served.finding]),
    ...limitFindings(item, { ...salvaged, priority }),
  ]);
}

function checkDecoded(item: RouterItem, config: Router, context: Round): RouterItem {
  const syntax = syntaxOf(item, config.ruleSyntax, context);
  const rule = checkRule(item, config.rule, syntax);
  const entryPoints = isChild(config) ? noNames : checkEntryPoints(item, config, context.settings);
  const chain = checkChain(item, config, context);
  const service = config.service === undefined ? undefined : context.references.refer(item, config.service, atService);
  const found = [
    syntaxFindings(item, config),
    rule.diagnostics,
    entryPoints.diagnostics,
    chain.diagnostics,
    service?.finding === undefined ? nothing : [service.finding],
    limitFindings(item, config),
  ];
  const checked = found.every(({ length }) => length === 0) ? item : withFindings(item, found.flat());
  if (checked.status === 'disabled' || rule.rule === undefined || service?.finding !== undefined) return checked;
  const resolved: ResolvedRouter = {
    rule: rule.rule,
    priority: config.priority === 0n ? BigInt(defaultPriority(config.rule)) : config.priority,
    entryPoints: entryPoints.names,
    middlewares: chain.names,
    service: service?.name,
    parents: noNames.names,
    hosts: hostsOf(rule.rule),
    tls: config.tls && { options: resolveTlsName(config.tls.options, item.provider) },
    observability: observabilityOf(config),
  };
  return resolvedItem(checked, config, resolved, resolved.entryPoints);
}

/** As in Traefik anything but v2 is v3. */
function syntaxOf({ provider }: RouterItem, written: string | undefined, { settings }: RouterContext): RuleSyntax {
  const syntax = written ?? (provider === internal ? 'v3' : settings.defaultRuleSyntax);
  return syntax === 'v2' ? 'v2' : 'v3';
}

const allObserved: ResolvedRouter['observability'] = {
  accessLogs: true,
  metrics: true,
  tracing: true,
  traceVerbosity: 'minimal',
};

const observabilityOf = ({ observability }: Router): ResolvedRouter['observability'] =>
  observability === undefined
    ? allObserved
    : {
        accessLogs: observability.accessLogs ?? true,
        metrics: observability.metrics ?? true,
        tracing: observability.tracing ?? true,
        traceVerbosity: observability.traceVerbosity ?? 'minimal',
      };

function syntaxFindings(item: RouterItem, { ruleSyntax }: Router): readonly Diagnostic[] {
  if (ruleSyntax === undefined) return nothing;
  const message = 'router option "ruleSyntax" is deprecated';
  const hint =
    ruleSyntax === 'v2' ? 'write the rule in v3 syntax and remove "ruleSyntax"' : 'remove it: rules are of syntax v3';
  return [findingOn(item, 'FL4009', { message, at: ['ruleSyntax'], hint, effect: 'the rule is read all the same' })];
}

function limitFindings(item: RouterItem, config: Pick<Router, 'priority' | 'tls'>): readonly Diagnostic[] {
  if (config.priority <= maxUserPriority && config.tls?.certResolver === undefined) return nothing;
  const findings: Diagnostic[] = [];
  if (item.provider !== internal && config.priority > maxUserPriority) {
    const message = `the router priority ${config.priority} exceeds the max user-defined priority ${maxUserPriority}`;
    findings.push(findingOn(item, 'FL3015', { message, at: ['priority'] }));
  }
  if (config.tls?.certResolver !== undefined) {
    const message = `certificate resolvers are not supported yet: no certificate is obtained from "${config.tls.certResolver}"`;
    const effect = 'the router is served with the configured certificates, or the default one';
    findings.push(findingOn(item, 'FL3016', { message, at: ['tls', 'certResolver'], effect }));
  }
  return findings;
}

interface Named {
  readonly names: readonly string[];
  readonly diagnostics: readonly Diagnostic[];
}

const atService: Path = ['service'];

/** A router with parents has no entry points of its own; most have no middlewares. */
const noNames: Named = { names: nothing, diagnostics: nothing };

/** An unknown entry point costs that entry point; none left costs the router. */
function checkEntryPoints(
  item: RouterItem,
  { entryPoints = [] }: Pick<Router, 'entryPoints'>,
  { entryPoints: known }: Settings,
): Named {
  // Most routers have entry points that are there, and their list will do.
  if (entryPoints.length > 0 && entryPoints.every((name) => known.get(name)?.protocol === 'tcp'))
    return { names: entryPoints, diagnostics: nothing };
  const names: string[] = [];
  const diagnostics: Diagnostic[] = [];
  for (const name of entryPoints) {
    const entryPoint = known.get(name);
    const at = ['entryPoints', entryPoints.indexOf(name)];
    if (entryPoint?.protocol === 'tcp') names.push(name);
    else if (entryPoint !== undefined) {
      const message = `entryPoint "${name}" is for UDP`;
      diagnostics.push(
        findingOn(item, 'FL3022', { message, at, severity: 'warning', effect: 'the router is not served on it' }),
      );
    } else {
      const hint = didYouMean(name, known.keys()) ?? `defined are ${[...known.keys()].join(', ')}`;
      const effect = 'the router is served on its other entry points';
      diagnostics.push(findingOn(item, 'FL3004', { message: `entryPoint "${name}" doesn't exist`, at, hint, effect }));
    }
  }
  if (names.length > 0) return { names, diagnostics };
  const lost = diagnostics.map(({ effect: _, ...rest }) => ({
    ...rest,
    effect: 'the router has no other entry point',
  }));
  const hint = entryPoints.length === 0 ? 'name one in "entryPoints"' : undefined;
  return {
    names,
    diagnostics: [...lost, findingOn(item, 'FL3005', { message: 'no valid entryPoint for this router', hint })],
  };
}

function checkChain(
  item: RouterItem,
  { middlewares, entryPoints = [] }: Pick<Router, 'middlewares' | 'entryPoints'>,
  context: RouterContext,
): Named {
  if (middlewares.length === 0) return noNames;
  const own = ownMiddlewares(item);
  // A router that inherits something is alone on its entry point.
  const giver = context.settings.entryPoints.get(entryPoints[0] ?? '');
  const names: string[] = [];
  const diagnostics: Diagnostic[] = [];
  for (const [index, written] of middlewares.entries()) {
    // Those that the entry point puts before the router's own are not written in the router.
    const place = index - (middlewares.length - own);
    const at = place < 0 ? [] : ['middlewares', place];
    const reference = refer(middlewareReference, context.middlewares, item, written, at);
    if (reference.finding === undefined) names.push(reference.name);
    else if (place >= 0) diagnostics.push(reference.finding);
    else diagnostics.push(atEntryPoint(reference.finding, giver, ['middlewares', index]));
  }
  return { names, diagnostics };
}

/** How many of the middlewares are written in the router itself. */
function ownMiddlewares({ raw, config, salvaged }: RouterItem): number {
  const key = Object.keys(raw ?? {}).find((name) => name.toLowerCase() === 'middlewares');
  const written = key === undefined ? undefined : (raw as Readonly<Record<string, unknown>>)[key];
  if (Array.isArray(written)) return written.length;
  // A number stands for a list of it, as any scalar does.
  if (typeof written !== 'string') return written === undefined || written === null ? 0 : 1;
  return Math.min(
    written.split(',').filter((name) => name.trim() !== '').length,
    (config ?? salvaged)?.middlewares?.length ?? 0,
  );
}
