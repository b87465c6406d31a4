/** `http.services`: what they name, and whether they lead back to themselves. */
import { isDeepStrictEqual } from 'node:util';
import type { Diagnostic } from '../diagnostics/diagnostic.js';
import { mapOf, resolvedItem, withFindings } from '../merge/item.js';
import type {
  Item,
  MiddlewareConfig,
  ResolvedChild,
  ResolvedService,
  ServiceConfig,
  ServiceItem,
} from '../merge/model.js';
import { defaultTransportName, resolveName } from '../merge/names.js';
import type { Failover } from '../schema/failover.js';
import type { Mirroring } from '../schema/mirroring.js';
import type { ServersTransport } from '../schema/servers-transport.js';
import type { HighestRandomWeight, LoadBalancer, Weighted } from '../schema/service.js';
import type { Path } from '../source/origin.js';
import { listOf, type NameIndex } from '../source/by-name.js';
import { Picked, Remembered } from '../source/remembered.js';
import type { Work } from '../work.js';
import { findingOn } from './finding.js';
import { healthFindings } from './health.js';
import { middlewareReference, refer, serviceReference, transportReference } from './references.js';
import { unwatchedFindings } from './watched.js';

/** What services may name. */
export interface ServiceContext {
  readonly middlewares: ReadonlyMap<string, Item<MiddlewareConfig>>;
  readonly transports: ReadonlyMap<string, Item<ServersTransport>>;
}

/** What is known of services from one configuration to the next. */
export class ServiceMemory {
  /** As they were merged, with what was made of each. */
  readonly items = new Remembered<ServiceItem, ServiceItem>();
  readonly composites = new Picked<ServiceItem>();
  /** What of the context they were made in counts. */
  context: readonly string[] = [];
}

/** Of what services may name it counts whether it is served. */
const countingOf = ({ middlewares, transports }: ServiceContext): readonly string[] =>
  [...middlewares.values(), ...transports.values()].map(({ name, status }) => `${status} ${name}`);

/** All services resolved, children before those that name them. */
export function* checkServices(
  services: ReadonlyMap<string, ServiceItem>,
  context: ServiceContext,
  memory: ServiceMemory,
  names: NameIndex,
): Work<ReadonlyMap<string, ServiceItem>> {
  const resolver = new ServiceResolver(services, context);
  const composites = yield* memory.composites.of(listOf(services), isComposite);
  const counting = countingOf(context);
  const isAsked = composites.length > 0 || !isDeepStrictEqual(counting, memory.context);
  const checked = yield* memory.items.each(
    listOf(services),
    (item, before) => {
      if (before !== undefined && isStillRight(item, before, context)) return resolver.take(before);
      return resolver.resolve(item.name, []) ?? item;
    },
    isSettled,
    isAsked,
  );
  memory.context = counting;
  return yield* mapOf(checked, names, 'checked');
}

/** Whether a service looks at others, or nobody knows: it could not be decoded. */
const isComposite = ({ config }: ServiceItem): boolean =>
  config?.kind !== 'loadBalancer' && config?.kind !== 'internal';

/** Whether nothing was found of a load balancer. Children have to be looked at each time. */
const isSettled = (item: ServiceItem, { config, resolved, diagnostics }: ServiceItem): boolean =>
  config?.kind === 'loadBalancer' && resolved !== undefined && diagnostics.length === item.diagnostics.length;

/** Nothing was found then, and what the service names is served as it was then. */
function isStillRight(item: ServiceItem, before: ServiceItem, { middlewares, transports }: ServiceContext): boolean {
  const { resolved } = before;
  if (!isSettled(item, before) || resolved === undefined) return false;
  const transport = transports.get(resolved.transport ?? '');
  return (
    transport !== undefined &&
    transport.status !== 'disabled' &&
    resolved.middlewares.every((name) => (middlewares.get(name)?.status ?? 'disabled') !== 'disabled')
  );
}

/** What resolving the parts of a service gave. */
interface Parts {
  readonly resolved: Omit<ResolvedService, 'middlewares'>;
  readonly diagnostics: readonly Diagnostic[];
}

/** A child as it is written in a service. */
interface WrittenChild {
  readonly name: string;
  readonly weight: number;
  readonly at: Path;
}

/** Children that can be used, and what is wrong with the others. */
interface Children {
  readonly children: readonly ResolvedChild[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Services may stand so deep below one another; the data plane refuses more (kDeepestService). */
const deepest = 16;
/** Steps down from one service after which it is too deep whatever follows: the stack of calls is not endless. */
const longestWalk = 64;

class ServiceResolver {
  readonly #services: ReadonlyMap<string, ServiceItem>;
  readonly #context: ServiceContext;
  readonly #done = new Map<string, ServiceItem>();
  /** Services that stand below one another, counted from each that is done. */
  readonly #depths = new Map<string, number>();

  constructor(services: ReadonlyMap<string, ServiceItem>, context: ServiceContext) {
    this.#services = services;
    this.#context = context;
  }

  /** Takes over what was made of a service before. */
  take(item: ServiceItem): ServiceItem {
    this.#done.set(item.name, item);
    return item;
  }

  /** The service checked; `stack` are the services that led to it. Undefined when there is none of that name. */
  resolve(name: string, stack: readonly string[]): ServiceItem | undefined {
    const known = this.#done.get(name) ?? this.#services.get(name);
    if (known === undefined || this.#done.has(name)) return known;
    const item = this.#checked(known, [...stack, name]);
    this.#done.set(name, item);
    return item;
  }

  #checked(item: ServiceItem, stack: readonly string[]): ServiceItem {
    if (item.config !== undefined) return this.#check(item, item.config, stack);
    // Of one that could not be decoded only what it names is looked at: what it lacks may be what could not be read.
    const salvaged = item.salvaged as ServiceConfig | undefined;
    if (salvaged === undefined) return item;
    const { diagnostics } = this.#check({ ...item, diagnostics: [] }, salvaged, stack);
    return withFindings(
      item,
      diagnostics.filter(({ severity }) => severity === 'error'),
    );
  }

  #check(item: ServiceItem, config: ServiceConfig, stack: readonly string[]): ServiceItem {
    const chain = config.middlewares.map((written, index) =>
      refer(middlewareReference, this.#context.middlewares, item, written, ['middlewares', index]),
    );
    const parts = this.#parts(item, config, stack);
    const findings = [...chain.flatMap(({ finding }) => finding ?? []), ...parts.diagnostics];
    const checked = withFindings(item, findings);
    if (checked.status === 'disabled') return checked;
    const middlewares = chain.flatMap((reference) => ('name' in reference ? [reference.name] : []));
    return resolvedItem(checked, config, { middlewares, ...parts.resolved });
  }

  #parts(item: ServiceItem, config: ServiceConfig, stack: readonly string[]): Parts {
    switch (config.kind) {
      case 'internal':
        return { resolved: {}, diagnostics: [] };
      case 'loadBalancer':
        return this.#loadBalancer(item, config.loadBalancer);
      case 'weighted':
        return this.#divided(item, config.kind, config.weighted, stack);
      case 'highestRandomWeight':
        return this.#divided(item, config.kind, config.highestRandomWeight, stack);
      case 'mirroring':
        return this.#mirroring(item, config.mirroring, stack);
      case 'failover':
        return this.#failover(item, config.failover, stack);
    }
  }

  #loadBalancer(item: ServiceItem, config: LoadBalancer): Parts {
    const { servers, serversTransport } = config;
    const diagnostics = [...withoutEffect(item, config), ...healthFindings(item, config)];
    if (!servers.some(({ weight }) => weight > 0)) {
      const message = servers.length === 0 ? 'the service has no servers' : 'the weights of all servers are zero';
      diagnostics.push(
        findingOn(item, 'FL3021', {
          message,
          at: ['loadBalancer', 'servers'],
          effect: 'its requests are answered 503',
        }),
      );
    }
    const [written, at] = serversTransport ? [serversTransport, ['serversTransport']] : [defaultTransportName, []];
    const reference = refer(transportReference, this.#context.transports, item, written, ['loadBalancer', ...at]);
    if (reference.finding !== undefined) return { resolved: {}, diagnostics: [...diagnostics, reference.finding] };
    return { resolved: { transport: reference.name }, diagnostics };
  }

  #divided(
    item: ServiceItem,
    kind: 'highestRandomWeight' | 'weighted',
    { services, healthCheck }: HighestRandomWeight | Weighted,
    stack: readonly string[],
  ): Parts {
    const written = services.map(({ name, weight }, index) => ({
      name,
      weight,
      at: [kind, 'services', index, 'name'],
    }));
    const { children, diagnostics } = this.#children(item, written, stack);
    const used = children.filter(({ weight }) => weight > 0);
    const found = [...diagnostics];
    if (healthCheck !== undefined) found.push(...this.#unwatched(item, children, [kind, 'healthCheck']));
    if (services.every(({ weight }) => weight === 0)) {
      const message = 'the weights of all services are zero';
      found.push(
        findingOn(item, 'FL3019', { message, at: [kind, 'services'], effect: 'its requests are answered 503' }),
      );
    }
    return { resolved: { children: used }, diagnostics: found };
  }

  #mirroring(item: ServiceItem, { service, mirrors, healthCheck }: Mirroring, stack: readonly string[]): Parts {
    const written = mirrors.map(({ name, percent }, index) => ({
      name,
      weight: percent,
      at: ['mirroring', 'mirrors', index, 'name'],
    }));
    const main = { name: service, weight: 0, at: ['mirroring', 'service'] };
    const { children, diagnostics } = this.#children(item, [main, ...written], stack);
    const idle = mirrors.flatMap(({ name, percent }, index) => {
      if (percent > 0) return [];
      const at = ['mirroring', 'mirrors', index];
      const hint = 'set "percent" to its share of the requests';
      return [findingOn(item, 'FL3040', { message: `the mirror "${name}" gets no requests`, at, hint })];
    });
    const counted = healthCheck === undefined || diagnostics.length > 0 ? [] : children.slice(0, 1);
    const unwatched = this.#unwatched(item, counted, ['mirroring', 'healthCheck']);
    return { resolved: { children }, diagnostics: [...diagnostics, ...idle, ...unwatched] };
  }

  #failover(item: ServiceItem, config: Failover, stack: readonly string[]): Parts {
    const written = [
      { name: config.service, weight: 1, at: ['failover', 'service'] },
      { name: config.fallback, weight: 1, at: ['failover', 'fallback'] },
    ];
    const { children, diagnostics } = this.#children(item, written, stack);
    // Who is missing is nobody to count on.
    const unwatched = diagnostics.length > 0 ? [] : this.#unwatchedOf(item, config, children);
    return { resolved: { children }, diagnostics: [...diagnostics, ...unwatched] };
  }

  #unwatchedOf(item: ServiceItem, { healthCheck, errors }: Failover, children: readonly ResolvedChild[]) {
    if (healthCheck !== undefined) return this.#unwatched(item, children, ['failover', 'healthCheck']);
    if ((errors?.status.length ?? 0) > 0) return [];
    const otherwise = ', or list the answers to replace in "errors.status", such as 500-504';
    return this.#unwatched(item, children.slice(0, 1), ['failover', 'service'], otherwise);
  }

  #unwatched(item: ServiceItem, children: readonly ResolvedChild[], at: Path, otherwise?: string) {
    const known = children.map(({ service: name }) => ({ name, config: this.#done.get(name)?.config }));
    return unwatchedFindings(item, known, at, otherwise);
  }

  /** Services that a service is made of. Only what is left of a broken one has children without a name. */
  #children(item: ServiceItem, written: readonly WrittenChild[], stack: readonly string[]): Children {
    const diagnostics: Diagnostic[] = [];
    const children: ResolvedChild[] = [];
    let depth = 0;
    for (const { name: text, weight, at } of written) {
      if (text === '') continue;
      const name = resolveName(text, item.provider);
      const recursion = this.#recursion(name, stack);
      if (recursion !== undefined) {
        diagnostics.push(findingOn(item, 'FL3007', { message: recursion, at }));
        continue;
      }
      this.resolve(name, stack);
      const reference = refer(serviceReference, this.#known(name), item, text, at);
      const below = (this.#depths.get(name) ?? 0) + 1;
      if (reference.finding !== undefined) diagnostics.push(reference.finding);
      else if (below > deepest) diagnostics.push(findingOn(item, 'FL3007', { message: tooDeep(item.name), at }));
      else children.push({ name: text, service: reference.name, weight });
      depth = Math.max(depth, below);
    }
    this.#depths.set(item.name, depth);
    return { children, diagnostics };
  }

  /** The services with what is already known of `name`. */
  #known(name: string): ReadonlyMap<string, ServiceItem> {
    const checked = this.#done.get(name);
    return checked === undefined ? this.#services : new Map([[name, checked]]);
  }

  #recursion(name: string, stack: readonly string[]): string | undefined {
    if (!stack.includes(name)) return stack.length < longestWalk ? undefined : tooDeep(name);
    const chain = [...stack, name].map((service) => `service:${service}`).join('->');
    return `could not instantiate service ${name}: recursion detected in ${chain}`;
  }
}

/** Options that the strategy of a load balancer does not look at. */
function* withoutEffect(item: ServiceItem, { strategy, slowStart, sticky }: LoadBalancer): Iterable<Diagnostic> {
  if (strategy === 'hrw' && sticky?.cookie !== undefined) {
    yield findingOn(item, 'FL2011', {
      message: '"sticky" has no effect: the strategy "hrw" keeps clients by their address',
      at: ['loadBalancer', 'sticky'],
      effect: 'no cookie is set',
    });
  }
  if (strategy === 'p2c' && slowStart !== undefined) {
    yield findingOn(item, 'FL2011', {
      message: '"slowStart" has no effect: the strategy "p2c" knows no weights',
      at: ['loadBalancer', 'slowStart'],
      effect: 'a new server gets as many requests as the others at once',
    });
  }
}

const tooDeep = (name: string): string =>
  `could not instantiate service ${name}: services are nested deeper than ${deepest} levels`;
