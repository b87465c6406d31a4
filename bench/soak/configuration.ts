/** What the soaked proxy is configured with. Pure; JSON is YAML, so the files are written as JSON. */

/** Ports of everything, chosen before the start. */
export interface Ports {
  readonly web: number;
  readonly secure: number;
  /** The two servers of the service `app`, one of which is killed now and then. */
  readonly app: readonly [number, number];
  /** A server that is never killed. */
  readonly steady: number;
  /** The origin in C behind the latency probe. */
  readonly probe: number;
}

/** A name that certificates are for; see ../certificate.ts. */
export const SECURE_NAME = 'example.test';
/** How many routers come and go. */
const PASSING_ROUTERS = 50;
/** Requests per second that pass `/limited`; the traffic sends more. */
export const LIMITED_RATE = 2;

/** Two workers, both kinds of entry point, and an access log of what failed. */
export function installFile({ web, secure }: Ports): object {
  const transport = { respondingTimeouts: { idleTimeout: '0s' } };
  return {
    entryPoints: {
      web: { address: `127.0.0.1:${web}`, transport },
      secure: { address: `127.0.0.1:${secure}`, transport, http: { tls: {} } },
    },
    providers: { providersThrottleDuration: '100ms', file: { filename: 'dynamic.yml', watch: true } },
    log: { level: 'WARN', format: 'json', filePath: 'fairlead.log' },
    accessLog: { filePath: 'access.log', format: 'json', filters: { statusCodes: ['400-599'] } },
    fairlead: { workers: 2 },
  };
}

/** Generation `n` differs from its neighbours in routers, rules, weights, servers, services and middlewares. */
export function dynamicFile(generation: number, { app, steady, probe }: Ports): object {
  const url = (port: number) => ({ url: `http://127.0.0.1:${port}` });
  const [first, second] = generation % 2 === 0 ? app : ([app[1], app[0]] as const);
  const middlewares = ['generation'];
  return {
    http: {
      routers: {
        // Rules are ranked by their length, and this one is longer than some that are more exact.
        app: { rule: 'PathPrefix(`/`)', priority: 1, service: 'app', middlewares },
        steady: { rule: 'PathPrefix(`/steady`)', service: 'steady', middlewares: [...middlewares, 'unsteady'] },
        probe: { rule: 'Path(`/item`)', service: 'probe' },
        packed: { rule: 'PathPrefix(`/text`)', service: 'app', middlewares: [...middlewares, 'compress'] },
        limited: { rule: 'PathPrefix(`/limited`)', service: 'steady', middlewares: ['limit', 'unlimited'] },
        guarded: { rule: 'PathPrefix(`/guarded`)', service: 'steady', middlewares: ['guard', 'unguarded'] },
        ...passingRouters(generation),
      },
      services: {
        app: { loadBalancer: { servers: [url(first), { ...url(second), weight: 1 + (generation % 3) }] } },
        steady: { loadBalancer: { servers: [url(steady)] } },
        probe: { loadBalancer: { servers: [url(probe)] } },
        [`passing-${generation % 5}`]: { loadBalancer: { servers: [url(steady)] } },
      },
      middlewares: {
        generation: { headers: { customResponseHeaders: { 'X-Generation': String(generation) } } },
        unsteady: { stripPrefix: { prefixes: ['/steady'] } },
        compress: { compress: {} },
        limit: { rateLimit: { average: LIMITED_RATE, burst: LIMITED_RATE } },
        unlimited: { stripPrefix: { prefixes: ['/limited'] } },
        guard: { forwardAuth: { address: `${url(steady).url}/auth`, authResponseHeaders: ['X-User'] } },
        unguarded: { stripPrefix: { prefixes: ['/guarded'] } },
      },
    },
    tls: { certificates: [{ certFile: 'certificate.pem', keyFile: 'key.pem' }] },
  };
}

function passingRouters(generation: number): Readonly<Record<string, object>> {
  const count = PASSING_ROUTERS + (generation % 7);
  const names = Array.from({ length: count }, (_, index) => `g${generation % 11}-${index}`);
  const routerOf = (name: string): object => ({
    rule: `Host(\`${name}.test\`) && PathPrefix(\`/${name}\`)`,
    service: `passing-${generation % 5}`,
  });
  return Object.fromEntries(names.map((name) => [name, routerOf(name)]));
}
