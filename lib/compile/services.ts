/** Services become indexes into each other; servers get the identity their connections and counters are kept by. */
import type { InternalService, ServiceConfig, ServiceItem } from '../merge/model.js';
import type { LoadBalancer } from '../schema/service.js';
import { type service, serviceKinds, strategies } from '../snapshot/records.js';
import type { Value } from '../snapshot/wire.js';
import { identityOf } from './identity.js';
import { promised, type Scope } from './scope.js';
import { compileServer } from './servers.js';

type WireService = Value<typeof service>;
type Head = Pick<WireService, 'name' | 'chain'>;

/** Identity of a transport by its index. */
type TransportIdentity = (name: string) => bigint;

const nothing: Omit<WireService, keyof Head | 'identity' | 'kind'> = {
  strategy: strategies.wrr,
  passHostHeader: true,
  transport: 0,
  servers: [],
  children: [],
  mirroring: [],
  failover: [],
};

/** Compiles every service that something asked for. */
export function compileServices(scope: Scope, transportIdentity: TransportIdentity): readonly WireService[] {
  return scope.services.lowerAll((name) => compileService(scope, name, transportIdentity));
}

function compileService(scope: Scope, name: string, transportIdentity: TransportIdentity): WireService {
  const item = promised(scope.configuration.services.get(name), name);
  const config = promised(item.config, name);
  const middlewares = item.resolved?.middlewares ?? [];
  const head: Head = { name, chain: middlewares.map((middleware) => scope.middlewares.indexOf(middleware)) };
  switch (config.kind) {
    case 'loadBalancer':
      return balanced(scope, head, config.loadBalancer, promised(item.resolved?.transport, name), transportIdentity);
    case 'weighted':
      return made(scope, head, item, 'weighted');
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
  config: Pick<LoadBalancer, 'servers' | 'passHostHeader'>,
  transport: string,
  transportIdentity: TransportIdentity,
): WireService {
  const identity = transportIdentity(transport);
  const servers = config.servers.filter(({ weight }) => weight > 0).map((server) => compileServer(server, identity));
  // What a balancer remembers is about these servers with these weights.
  const state = servers.map((server) => `${server.identity}*${server.weight}`).join(' ');
  return {
    ...nothing,
    ...head,
    identity: identityOf(`loadBalancer ${head.name} wrr ${state}`),
    kind: serviceKinds.loadBalancer,
    passHostHeader: config.passHostHeader,
    transport: scope.transports.indexOf(transport),
    servers,
  };
}

/** A service made of services. What it remembers is about these children with these weights. */
function made(scope: Scope, head: Head, item: ServiceItem, kind: 'weighted' | 'mirroring' | 'failover'): WireService {
  const children = item.resolved?.children ?? [];
  const state = children.map(({ service: name, weight }) => `${name}*${weight}`).join(' ');
  return {
    ...nothing,
    ...head,
    identity: identityOf(`${kind} ${head.name} ${state}`),
    kind: serviceKinds[kind],
    children: children.map(({ service: name, weight }) => ({ service: scope.services.indexOf(name), weight })),
  };
}

/** The admin API is a server like any other: it listens on a socket of its own. */
function adminService(scope: Scope, head: Head, transportIdentity: TransportIdentity): WireService {
  const server = { url: `unix://${scope.adminSocket}`, weight: 1, preservePath: false };
  const config = { servers: [server], passHostHeader: true };
  return balanced(scope, head, config, 'default@internal', transportIdentity);
}

const internalKinds: Readonly<Record<Exclude<InternalService, 'api'>, number>> = {
  noop: serviceKinds.noop,
  ping: serviceKinds.ping,
  ready: serviceKinds.ready,
};

function internal(head: Head, kind: Exclude<InternalService, 'api'>): WireService {
  return { ...nothing, ...head, identity: identityOf(`internal ${head.name}`), kind: internalKinds[kind] };
}

/** The servers of a load balancer as they were written; for the admin API. */
export function writtenServers(config: ServiceConfig | undefined): readonly string[] {
  return config?.kind === 'loadBalancer' ? config.loadBalancer.servers.map(({ url }) => url) : [];
}
