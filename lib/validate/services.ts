/** `http.services`: what they name, and whether they lead back to themselves. */
import { strategiesNotYet } from '../balancers/index.js';
import type { Diagnostic } from '../diagnostics/diagnostic.js';
import { withFindings } from '../merge/item.js';
import type { Item, MiddlewareConfig, ResolvedService, ServiceConfig, ServiceItem } from '../merge/model.js';
import { defaultTransportName, resolveName } from '../merge/names.js';
import type { Failover } from '../schema/failover.js';
import type { Mirroring } from '../schema/mirroring.js';
import type { ServersTransport } from '../schema/servers-transport.js';
import type { LoadBalancer, Weighted } from '../schema/service.js';
import type { Path } from '../source/origin.js';
import { findingOn, type Remark } from './finding.js';
import { middlewareReference, refer, serviceReference, transportReference } from './references.js';

/** What services may name. */
export interface ServiceContext {
  readonly middlewares: ReadonlyMap<string, Item<MiddlewareConfig>>;
  readonly transports: ReadonlyMap<string, Item<ServersTransport>>;
}

/** All services resolved, children before those that name them. */
export function checkServices(
  services: ReadonlyMap<string, ServiceItem>,
  context: ServiceContext,
): ReadonlyMap<string, ServiceItem> {
  const resolver = new ServiceResolver(services, context);
  const checked = new Map<string, ServiceItem>();
  for (const name of services.keys()) {
    const item = resolver.resolve(name, []);
    if (item !== undefined) checked.set(name, item);
  }
  return checked;
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
  readonly children: readonly { readonly service: string; readonly weight: number }[];
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
    return { ...checked, resolved: { middlewares, ...parts.resolved } };
  }

  #parts(item: ServiceItem, config: ServiceConfig, stack: readonly string[]): Parts {
    switch (config.kind) {
      case 'internal':
        return { resolved: {}, diagnostics: [] };
      case 'loadBalancer':
        return this.#loadBalancer(item, config.loadBalancer);
      case 'weighted':
        return this.#weighted(item, config.weighted, stack);
      case 'mirroring':
        return this.#mirroring(item, config.mirroring, stack);
      case 'failover':
        return this.#failover(item, config.failover, stack);
    }
  }

  #loadBalancer(item: ServiceItem, { servers, serversTransport, strategy }: LoadBalancer): Parts {
    const diagnostics: Diagnostic[] = [];
    if ((strategiesNotYet as readonly string[]).includes(strategy)) {
      const effect = 'servers are chosen by weighted round robin';
      diagnostics.push(
        findingOn(item, 'FL3020', {
          message: `the strategy "${strategy}" is not supported yet`,
          at: ['loadBalancer', 'strategy'],
          effect,
        }),
      );
    }
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

  #weighted(item: ServiceItem, { services }: Weighted, stack: readonly string[]): Parts {
    const written = services.map(({ name, weight }, index) => ({
      name,
      weight,
      at: ['weighted', 'services', index, 'name'],
    }));
    const { children, diagnostics } = this.#children(item, written, stack);
    const used = children.filter(({ weight }) => weight > 0);
    if (services.some(({ weight }) => weight > 0)) return { resolved: { children: used }, diagnostics };
    const remark = {
      message: 'the weights of all services are zero',
      at: ['weighted', 'services'],
      effect: 'its requests are answered 503',
    };
    return { resolved: { children: used }, diagnostics: [...diagnostics, findingOn(item, 'FL3019', remark)] };
  }

  #mirroring(item: ServiceItem, { service, mirrors }: Mirroring, stack: readonly string[]): Parts {
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
      return [findingOn(item, 'FL3024', { message: `the mirror "${name}" gets no requests`, at, hint })];
    });
    return { resolved: { children }, diagnostics: [...diagnostics, ...idle] };
  }

  #failover(item: ServiceItem, { service, fallback, errors }: Failover, stack: readonly string[]): Parts {
    const written = [
      { name: service, weight: 1, at: ['failover', 'service'] },
      { name: fallback, weight: 1, at: ['failover', 'fallback'] },
    ];
    const { children, diagnostics } = this.#children(item, written, stack);
    const [main] = children;
    if (main === undefined || (errors?.status.length ?? 0) > 0) return { resolved: { children }, diagnostics };
    const unwatched = unwatchedReason(main.service, item.name, this.#done.get(main.service)?.config);
    const remark = { ...unwatched, at: ['failover', 'service'] };
    return { resolved: { children }, diagnostics: [...diagnostics, findingOn(item, 'FL3025', remark)] };
  }

  /** Services that a service is made of. Only what is left of a broken one has children without a name. */
  #children(item: ServiceItem, written: readonly WrittenChild[], stack: readonly string[]): Children {
    const diagnostics: Diagnostic[] = [];
    const children: { readonly service: string; readonly weight: number }[] = [];
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
      else children.push({ service: reference.name, weight });
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

const tooDeep = (name: string): string =>
  `could not instantiate service ${name}: services are nested deeper than ${deepest} levels`;

/** Why nothing tells whether `main` works. */
function unwatchedReason(
  main: string,
  user: string,
  config: ServiceConfig | undefined,
): Pick<Remark, 'message' | 'hint'> {
  const kind = (config?.kind ?? 'internal').toLowerCase();
  return {
    message: `cannot register ${main} as updater for ${user}: healthCheck not enabled in config for this ${kind} service`,
    hint: 'this version has no health checks; list the answers to replace in "errors.status", such as 500-504',
  };
}
