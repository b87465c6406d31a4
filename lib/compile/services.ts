/** Services become indexes into each other; servers get the identity their connections and counters are kept by. */
import type { InternalService, ServiceConfig, ServiceItem } from '../merge/model.js';
import type { LoadBalancer, Server } from '../schema/service.js';
import { type concurrencyLimit, none, type service, serviceKinds, strategies } from '../snapshot/records.js';
import { type RecordList, tokensOf } from '../snapshot/encode.js';
import type { Value } from '../snapshot/wire.js';
import { listOf } from '../source/by-name.js';
import { nothing } from '../source/nothing.js';
import { forEach, type Work } from '../work.js';
import { compileHealth, type HealthOptions } from './health.js';
import { identityOf } from './identity.js';
import { compileLimit } from './limits.js';
import { Column } from './column.js';
import type { CompileMemory } from './memory.js';
import { Row } from './row.js';
import { promised, type Scope } from './scope.js';
import { compileServer } from './servers.js';
import { compileSticky } from './sticky.js';
import { timeoutsIndex } from './timeouts.js';

type WireService = Value<typeof service>;
type WireLimit = Value<typeof concurrencyLimit>;
type Head = Pick<WireService, 'name' | 'chain'>;

/** Identity of a transport by its index. */
type TransportIdentity = (name: string) => bigint;

type Own = Partial<Omit<WireService, keyof Head>> & Pick<WireService, 'identity' | 'kind'>;

/** A service, with what a service of its kind does not have. Written out: V8 makes a literal a hundred times as fast as copies. */
function serviceRecord({ name, chain }: Head, own: Own): WireService {
  const { identity, kind, strategy = strategies.wrr, slowStart = 0n, passHostHeader = true, transport = 0 } = own;
  const { health = none, limit = none, timeouts = none, servers = nothing, children = nothing } = own;
  const { sticky = nothing, mirroring = nothing, failover = nothing } = own;
  return {
    name,
    chain,
    identity,
    kind,
    strategy,
    slowStart,
    passHostHeader,
    transport,
    health,
    limit,
    servers,
    children,
    sticky,
    timeouts,
    mirroring,
    failover,
  };
}

/** Services, and the limits that they point to. */
export interface CompiledServices {
  /** To be asked for when everything has its number. */
  readonly services: () => RecordList<WireService>;
  readonly limits: readonly WireLimit[];
}

/** Compiles every service that something asked for. */
export function* compileServices(
  scope: Scope,
  transportIdentity: TransportIdentity,
  memory: CompileMemory,
): Work<CompiledServices> {
  const limits: WireLimit[] = [];
  // Most records are made only when they have to be written. What else they name gets its number at once.
  const items = new Row<ServiceItem>(scope.services.length);
  const timeouts = new Column(scope.services.length);
  const values = new Map<number, WireService>();
  const compileNow = (item: ServiceItem): WireService => compileService(scope, item, transportIdentity);
  const listed = listOf(scope.configuration.services);
  const known = memory.services.in(listed);
  yield* forEach(scope.services.all(), (name) => {
    const item = known(name, items.length) ?? promised(scope.configuration.services.get(name), name);
    const at = items.push(item);
    if (standsAlone(item.config)) {
      for (const middleware of middlewaresOf(item)) scope.middlewares.indexOf(middleware);
      scope.transports.indexOf(promised(item.resolved?.transport, name));
      timeouts.push(timeoutsIndex(scope, timeoutsOf(item.config)));
      return;
    }
    const compiled = compileNow(item);
    const limit = limitOf(item);
    const value = limit === undefined ? compiled : { ...compiled, limit: limits.push(limit) - 1 };
    values.set(at, value);
    timeouts.push(value.timeouts);
  });
  memory.services.keep(listed, scope.services.names, items);
  const services = (): RecordList<WireService> => {
    const isSame = areSame(scope, transportIdentity, memory);
    return {
      tokens: tokensOf(items.view, (at) => isSame && !values.has(at)),
      numbers: { timeouts: timeouts.view },
      value: (at) => values.get(at) ?? compileNow(items.at(at)),
    };
  };
  return { services, limits };
}

/** Whether a service is as it was when it, its transport and its middlewares are: it has no part in a table of others. */
function standsAlone(config: ServiceConfig | undefined): boolean {
  if (config?.kind !== 'loadBalancer') return false;
  const { limit, healthCheck, passiveHealthCheck } = config.loadBalancer;
  return limit === undefined && healthCheck === undefined && passiveHealthCheck === undefined;
}

const timeoutsOf = (config: ServiceConfig | undefined) =>
  config?.kind === 'loadBalancer' ? config.loadBalancer.timeouts : undefined;

/** Whether transports and middlewares have the numbers, and transports the content, that they had the last time. */
function areSame(scope: Scope, transportIdentity: TransportIdentity, memory: CompileMemory): boolean {
  const transports = scope.transports.names.map((name) => `${name} ${transportIdentity(name)}`);
  const sameTransports = memory.areSame('transports', transports);
  return memory.areSame('middlewares of services', scope.middlewares.names) && sameTransports;
}

const middlewaresOf = ({ resolved }: ServiceItem): readonly string[] => resolved?.middlewares ?? nothing;

const chainOf = (scope: Scope, item: ServiceItem): readonly number[] =>
  middlewaresOf(item).map((middleware) => scope.middlewares.indexOf(middleware));

function limitOf({ name, config, provider }: ServiceItem): WireLimit | undefined {
  const limit = config?.kind === 'loadBalancer' ? config.loadBalancer.limit : undefined;
  return limit === undefined ? undefined : compileLimit(name, provider, limit);
}

function compileService(scope: Scope, item: ServiceItem, transportIdentity: TransportIdentity): WireService {
  const { name } = item;
  const config = promised(item.config, name);
  const head: Head = { name, chain: chainOf(scope, item) };
  switch (config.kind) {
    case 'loadBalancer':
      return balanced(scope, head, config.loadBalancer, promised(item.resolved?.transport, name), transportIdentity);
    case 'weighted':
      return {
        ...made(scope, head, item, 'weighted'),
        sticky: compileSticky(config.weighted.sticky, name, item.resolved?.children?.map((child) => child.name) ?? []),
      };
    case 'highestRandomWeight':
      return made(scope, head, item, 'weighted', 'hrw');
    case 'mirroring': {
      const { mirrorBody, maxBodySize } = config.mirroring;
      return { ...made(scope, head, item, 'mirroring'), mirroring: [{ mirrorBody, maxBodySize }] };
    }
    case 'failover': {
      const { status = [], maxRequestBodyBytes = -1 } = config.failover.errors ?? {};
      return { ...made(scope, head, item, 'failover'), failover: [{ statuses: status, maxRequestBodyBytes }] };
    }
    case 'internal':
      return config.internal === 'api' ? adminService(scope, head, transportIdentity) : internal(head, config.internal);
  }
}

function balanced(
  scope: Scope,
  head: Head,
  config: Pick<LoadBalancer, 'slowStart' | 'sticky' | 'strategy' | 'passHostHeader' | 'timeouts'> & {
    readonly servers: readonly Server[];
  } & HealthOptions,
  transport: string,
  transportIdentity: TransportIdentity,
): WireService {
  const identity = transportIdentity(transport);
  const used = config.servers.filter(({ weight }) => weight > 0);
  const servers = used.map((server) => compileServer(server, identity));
  // What a balancer remembers is about these servers with these weights.
  const { strategy, slowStart = 0n } = config;
  const sticky = strategy === 'hrw' ? undefined : config.sticky;
  const state = servers.map((server) => `${server.identity}*${server.weight}`).join(' ');
  return serviceRecord(head, {
    identity: identityOf(`loadBalancer ${head.name} ${strategy} ${slowStart} ${state}`),
    kind: serviceKinds.loadBalancer,
    strategy: strategies[strategy],
    slowStart,
    passHostHeader: config.passHostHeader,
    transport: scope.transports.indexOf(transport),
    health: compileHealth(scope.health, head.name, config, used),
    servers,
    sticky: compileSticky(
      sticky,
      head.name,
      servers.map(({ url }) => url),
    ),
    timeouts: timeoutsIndex(scope, config.timeouts),
  });
}

/**
 * A service made of services. What it remembers is about these children with these weights. A weighted service and
 * highestRandomWeight differ in how a child is chosen, and in nothing else.
 */
function made(
  scope: Scope,
  head: Head,
  item: ServiceItem,
  kind: 'weighted' | 'mirroring' | 'failover',
  strategy: 'hrw' | 'wrr' = 'wrr',
): WireService {
  const children = item.resolved?.children ?? [];
  const state = children.map(({ service: name, weight }) => `${name}*${weight}`).join(' ');
  return serviceRecord(head, {
    identity: identityOf(`${kind} ${head.name} ${strategy} ${state}`),
    kind: serviceKinds[kind],
    strategy: strategies[strategy],
    children: children.map(({ service: name, weight }) => ({ service: scope.services.indexOf(name), weight })),
  });
}

/** The admin API is a server like any other: it listens on a socket of its own. */
function adminService(scope: Scope, head: Head, transportIdentity: TransportIdentity): WireService {
  const server = { url: `unix://${scope.adminSocket}`, weight: 1, preservePath: false };
  const config = { servers: [server], strategy: 'wrr', passHostHeader: true } as const;
  return balanced(scope, head, config, 'default@internal', transportIdentity);
}

const internalKinds: Readonly<Record<Exclude<InternalService, 'api'>, number>> = {
  noop: serviceKinds.noop,
  ping: serviceKinds.ping,
  ready: serviceKinds.ready,
};

function internal(head: Head, kind: Exclude<InternalService, 'api'>): WireService {
  return serviceRecord(head, { identity: identityOf(`internal ${head.name}`), kind: internalKinds[kind] });
}

/** The servers of a load balancer as they were written; for the admin API. */
export function writtenServers(config: ServiceConfig | undefined): readonly string[] {
  return config?.kind === 'loadBalancer' ? config.loadBalancer.servers.map(({ url }) => url) : [];
}
