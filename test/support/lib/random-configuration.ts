/** Small configurations that name each other, or nothing at all, and use every option that has a table of its own. */
import type { Configuration } from '../../../lib/merge/model.js';
import { strategyNames } from '../../../lib/balancers/index.js';
import type { Random } from './random.js';

const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j'] as const;
const matchers = {
  v3: ['Host(`a.x`)', 'Host(`b.x`)', 'PathPrefix(`/p`)', 'HostRegexp(`^c.+$`)', 'ClientIP(`10.0.0.1`)'],
  v2: ['Host(`a.x`, `b.x`)', 'HostRegexp(`{name:[a-z]+}.x`)', 'Headers(`A`, `b`)', 'Path(`/{id:[0-9]+}`)'],
} as const;

const some = <T>(random: Random, from: readonly T[], percent = 30): readonly T[] =>
  from.filter(() => random.chance(percent));

/** Deadlines of which several objects have the same. */
const timeouts = (random: Random) => ({
  [random.pick(['connect', 'total', 'perTry', 'idle', 'responseHeader'])]: `${1 + random.below(3)}s`,
});

const sticky = (random: Random) => ({ cookie: random.chance(50) ? {} : { name: random.pick(names), secure: true } });

function router(random: Random, isQuiet: boolean): object {
  const syntax = random.chance(20) ? 'v2' : 'v3';
  const rules: readonly string[] = matchers[syntax];
  return {
    rule: random.chance(5) ? 'Bad(' : [random.pick(rules), random.pick(rules)].slice(random.below(2)).join(' && '),
    ...(random.chance(85) && { service: random.pick(names) }),
    ...(random.chance(50) && { entryPoints: some(random, ['web', 'secure', 'gone']) }),
    ...(random.chance(isQuiet ? 0 : 40) && { middlewares: some(random, names) }),
    ...(random.chance(30) && { tls: random.chance(50) ? {} : { options: random.pick(['strict', 'gone']) } }),
    ...(random.chance(10) && { priority: random.below(3) }),
    ...(random.chance(15) && { parentRefs: some(random, names) }),
    ...((syntax === 'v2' || random.chance(10)) && { ruleSyntax: syntax }),
    ...(random.chance(30) && { timeouts: timeouts(random) }),
    ...(random.chance(10) && { observability: { accessLogs: false } }),
  };
}

function service(random: Random, isQuiet: boolean): object {
  const children = () =>
    [random.pick(names), random.pick(names)].slice(random.below(2)).map((name) => ({ name, weight: random.below(3) }));
  const kind = random.below(10);
  if (kind < 1) return { highestRandomWeight: { services: children() } };
  if (kind === 1)
    return { mirroring: { service: random.pick(names), mirrors: [{ name: random.pick(names), percent: 10 }] } };
  if (kind === 2)
    return { failover: { service: random.pick(names), fallback: random.pick(names), errors: { status: ['500-504'] } } };
  if (kind < 5) return { weighted: { services: children(), ...(random.chance(40) && { sticky: sticky(random) }) } };
  return {
    loadBalancer: loadBalancer(random, isQuiet),
    ...(random.chance(isQuiet ? 0 : 20) && { middlewares: some(random, names) }),
  };
}

function loadBalancer(random: Random, isQuiet: boolean): object {
  const servers = Array.from({ length: random.below(3) }, () => ({
    url: `http://10.0.0.${random.below(3)}`,
    weight: random.below(3),
  }));
  return {
    servers,
    ...(random.chance(30) && { strategy: random.pick(strategyNames) }),
    ...(random.chance(20) && { slowStart: '10s' }),
    ...(random.chance(20) && { sticky: sticky(random) }),
    ...(random.chance(60) && { timeouts: timeouts(random) }),
    ...(random.chance(10) && { limit: { concurrency: 1 + random.below(3) } }),
    ...(random.chance(10) && { healthCheck: random.chance(80) ? { path: '/' } : { mode: 'grpc' } }),
    ...(random.chance(10) && { passiveHealthCheck: { maxFailedAttempts: 1 + random.below(3) } }),
    ...(random.chance(isQuiet ? 0 : 20) && { serversTransport: random.pick(names) }),
  };
}

function middleware(random: Random): object {
  switch (random.below(4)) {
    case 0:
      return { retry: { attempts: 1 + random.below(3), budget: { percent: random.below(50) } } };
    case 1:
      return { rateLimit: { average: random.below(100) } };
    case 2:
      return { headers: { customRequestHeaders: { 'X-A': random.pick(names) } } };
    default:
      return { addPrefix: { prefix: `/${random.pick(names)}` } };
  }
}

const transport = (random: Random): object => ({
  maxIdleConnsPerHost: random.below(4),
  ...(random.chance(50) && { forwardingTimeouts: { dialTimeout: `${random.below(3)}s` } }),
});

/** The text of a configuration in JSON; a quiet one asks for no middlewares and transports, whose numbers others share. */
export function randomConfiguration(random: Random, isQuiet: boolean): string {
  const entries = (make: (random: Random, isQuiet: boolean) => object) =>
    Object.fromEntries(some(random, names).map((name) => [name, make(random, isQuiet)]));
  const minVersion = random.pick(['VersionTLS12', 'None']);
  return JSON.stringify({
    http: {
      routers: entries(router),
      services: entries(service),
      middlewares: entries(middleware),
      serversTransports: entries(transport),
    },
    ...(random.chance(30) && { tls: { options: { strict: { minVersion } } } }),
  });
}

/** What of the options above is served. */
export function* optionsServed({ routers, services, middlewares }: Configuration): Iterable<string> {
  for (const { config, resolved } of routers.values()) {
    if (resolved === undefined) continue;
    yield* Object.keys(config ?? {}).map((key) => `router.${key}`);
    yield `syntax ${config?.ruleSyntax ?? 'none'}`;
    if (resolved.children !== undefined) yield 'layers';
  }
  for (const { config, resolved } of services.values()) {
    if (config === undefined || resolved === undefined) continue;
    yield config.kind;
    if (config.kind === 'loadBalancer') yield* Object.keys(config.loadBalancer);
  }
  for (const { config, status } of middlewares.values()) if (status !== 'disabled') yield config?.kind ?? '';
}
