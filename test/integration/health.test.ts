import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { once } from 'node:events';
import { createSecureServer, createServer, type Http2Server, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { Worker } from 'node:worker_threads';
import type { DynamicConfig, Proxy, ServerChange } from '../../lib/index.js';
import { Authority } from '../support/authority.js';
import { request } from '../support/client.js';
import { ample, until } from '../support/deadline.js';
import { LoadProcess } from '../support/load-process.js';
import { startProxy, type TestProxy } from '../support/proxy.js';
import { SwitchableBackend } from '../support/switchable.js';

type LoadBalancer = NonNullable<NonNullable<NonNullable<DynamicConfig['http']>['services']>[string]['loadBalancer']>;

/** A thread that serves until it is told to die, while the main thread is busy. */
const dying = `
const { createServer } = require('node:http');
const { parentPort } = require('node:worker_threads');
const server = createServer((_request, response) => response.end('ok'));
server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));
parentPort.once('message', () => {
  server.close();
  server.closeAllConnections();
});`;

const fast = { path: '/health', interval: '20ms' } as const;

function balancing(backends: readonly { readonly url: string }[], options: Partial<LoadBalancer>): DynamicConfig {
  const servers = backends.map(({ url }) => ({ url }));
  return {
    http: {
      routers: { all: { rule: 'PathPrefix(`/`)', service: 'app' } },
      services: { app: { loadBalancer: { servers, ...options } } },
    },
  };
}

/** Who answers so many requests, in their order. */
async function answers(proxy: TestProxy, count: number): Promise<string> {
  let names = '';
  for (let i = 0; i < count; i++) names += (await proxy.ask(request('GET /'))).text;
  return names;
}

/** The changes of servers from now on. */
class Changes {
  readonly seen: (ServerChange & { readonly state: 'up' | 'down' })[] = [];

  constructor(proxy: Proxy) {
    proxy.on('server:up', (change) => this.seen.push({ ...change, state: 'up' }));
    proxy.on('server:down', (change) => this.seen.push({ ...change, state: 'down' }));
  }

  /** The change with that number, once it has come. */
  async nth(index: number) {
    return until(() => this.seen[index], `${index + 1} changes of servers`);
  }
}

interface Shown {
  readonly serverStatus: Readonly<Record<string, string>>;
  readonly serverHealth?: Readonly<
    Record<string, { status: string; since: string; cause: string; lastError?: string }>
  >;
}

const api = {
  entryPoints: { web: { address: '127.0.0.1:0' }, traefik: { address: '127.0.0.1:0' } },
  api: { insecure: true },
};

async function shown(proxy: TestProxy): Promise<Shown> {
  const response = await fetch(proxy.url('/api/http/services/app@memory', 'traefik'));
  return (await response.json()) as Shown;
}

describe('active health checks', () => {
  test('take a server out and bring it back, and tell so', async () => {
    await using a = await SwitchableBackend.start('a');
    await using b = await SwitchableBackend.start('b');
    const lines: unknown[] = [];
    const logger = { trace() {}, debug() {}, info() {}, warn: (...line: unknown[]) => lines.push(line), error() {} };
    await using proxy = await startProxy({ ...api, ...balancing([a, b], { healthCheck: fast }) }, logger);
    const changes = new Changes(proxy.proxy);
    assert.match(await answers(proxy, 4), /^(ab){2}|(ba){2}$/);
    assert.deepEqual((await shown(proxy)).serverStatus, { [a.url]: 'UP', [b.url]: 'UP' });

    a.turn(503);
    const down = await changes.nth(0);
    assert.deepEqual(
      [down.service, down.url, down.state, down.cause, down.error],
      ['app@memory', a.url, 'down', 'probe', 'status 503'],
    );
    const before = a.requests;
    assert.equal(await answers(proxy, 6), 'bbbbbb');
    assert.equal(a.requests, before);
    const { serverStatus, serverHealth } = await shown(proxy);
    assert.deepEqual(serverStatus, { [a.url]: 'DOWN', [b.url]: 'UP' });
    assert.deepEqual(serverHealth?.[a.url], {
      status: 'DOWN',
      since: down.since.toISOString(),
      cause: 'probe',
      lastError: 'status 503',
    });
    assert.equal(proxy.proxy.stats().serversDown, 1);

    a.turn(200);
    const up = await changes.nth(1);
    assert.deepEqual([up.url, up.state, up.cause], [a.url, 'up', 'probe']);
    assert.ok((await answers(proxy, 4)).includes('a'));
    const { serversDown, serversTakenDown, serversRestored, healthChecks, healthChecksFailed } = proxy.proxy.stats();
    assert.deepEqual([serversDown, serversTakenDown, serversRestored], [0, 1, 1]);
    assert.ok(healthChecksFailed >= 1 && healthChecks > healthChecksFailed);
    assert.deepEqual(
      lines.map((line) => (line as readonly unknown[])[0]),
      ['server is down', 'server is up'],
    );
  });

  test('answer 503 when no server is left', async () => {
    await using a = await SwitchableBackend.start('a');
    await using proxy = await startProxy(balancing([a], { healthCheck: fast }));
    const changes = new Changes(proxy.proxy);
    a.turn(500);
    await changes.nth(0);
    const response = await proxy.ask(request('GET /'));
    assert.equal(response.status, 503);
    assert.equal(response.text, 'no available server\n');
  });

  test('notice a server that refuses connections, and one that does not answer', async () => {
    await using a = await SwitchableBackend.start('a');
    await using b = await SwitchableBackend.start('b');
    await using proxy = await startProxy(balancing([a, b], { healthCheck: { ...fast, timeout: '100ms' } }));
    const changes = new Changes(proxy.proxy);
    await a.close();
    assert.match((await changes.nth(0)).error ?? '', /^(connect_failed|upstream_reset)$/);
    b.health = () => undefined;
    assert.equal((await changes.nth(1)).error, 'no answer within 100 ms');
    await a.listen();
    assert.deepEqual([(await changes.nth(2)).url, (await changes.nth(2)).state], [a.url, 'up']);
    assert.equal(await answers(proxy, 3), 'aaa');
  });

  test('ask as they are told', async () => {
    await using a = await SwitchableBackend.start('a');
    const check = { ...fast, method: 'HEAD', hostname: 'app.example', headers: { 'X-Probe': 'yes' }, status: 204 };
    await using proxy = await startProxy(balancing([a], { healthCheck: check }));
    const changes = new Changes(proxy.proxy);
    assert.equal((await changes.nth(0)).error, 'status 200');
    a.turn(204);
    await changes.nth(1);
    const { method, headers } = a.checks.at(-1) ?? assert.fail();
    assert.deepEqual([method, headers.host, headers['x-probe']], ['HEAD', 'app.example', 'yes']);
    assert.match(headers['user-agent'] ?? '', /^Fairlead/);
  });

  test('may ask at another port', async () => {
    await using a = await SwitchableBackend.start('a');
    await using side = await SwitchableBackend.start('side');
    await using proxy = await startProxy(balancing([a], { healthCheck: { ...fast, port: side.port } }));
    const changes = new Changes(proxy.proxy);
    side.turn(500);
    assert.equal((await changes.nth(0)).url, a.url);
    assert.equal(a.checks.length, 0);
  });

  test('follow redirects unless told otherwise', async () => {
    await using a = await SwitchableBackend.start('a');
    await using b = await SwitchableBackend.start('b');
    a.health = ({ url }, response) => {
      if (url === '/health') response.writeHead(302, { location: '/health/deep' });
      else response.writeHead(500);
      response.end();
    };
    await using following = await startProxy(balancing([a], { healthCheck: fast }));
    assert.equal((await new Changes(following.proxy).nth(0)).error, 'status 500');
    b.health = (_request, response) => void response.writeHead(307, { location: `${a.url}/health/deep` }).end();
    await using elsewhere = await startProxy(balancing([b], { healthCheck: fast }));
    assert.equal((await new Changes(elsewhere.proxy).nth(0)).error, 'status 500');
    await using staying = await startProxy(balancing([a], { healthCheck: { ...fast, followRedirects: false } }));
    const checks = a.checks.length;
    await until(() => a.checks.length > checks + 5, 'further checks');
    assert.equal(staying.proxy.stats().serversDown, 0);
  });

  test('verify the certificate of the server as requests do', async () => {
    const authority = new Authority();
    const trusted = authority.issue(['app.example']);
    const other = authority.issue(['other.example']);
    await using a = await SwitchableBackend.start('a', trusted);
    await using b = await SwitchableBackend.start('b', other);
    const dynamic = balancing([a, b], { healthCheck: fast, serversTransport: 'mine' });
    const transport = { serverName: 'app.example', rootCAs: [authority.certificate] };
    await using proxy = await startProxy({ http: { ...dynamic.http, serversTransports: { mine: transport } } });
    const down = await new Changes(proxy.proxy).nth(0);
    assert.equal(down.url, b.url);
    assert.match(down.error ?? '', /^upstream_tls: .*mismatch/i);
    await until(() => a.checks.length > 2, 'checks through TLS');
    assert.equal(await answers(proxy, 3), 'aaa');
  });

  test('D19: a server that flaps keeps its state, and requests go on', async () => {
    await using a = await SwitchableBackend.start('a');
    await using b = await SwitchableBackend.start('b');
    const check = { ...fast, interval: '10ms', fails: 3, passes: 3 };
    await using proxy = await startProxy(balancing([a, b], { healthCheck: check }));
    const changes = new Changes(proxy.proxy);
    // Every second check fails.
    a.health = (_request, response) => void response.writeHead(a.checks.length % 2 === 0 ? 200 : 500).end();
    await using load = await LoadProcess.start({ port: proxy.port(), keeping: 2, fresh: 1 });
    await until(() => a.checks.length > 30, 'thirty checks');
    assert.deepEqual((await load.stop()).failures, []);
    assert.deepEqual(changes.seen, []);
    a.turn(500);
    await changes.nth(0);
    a.health = (_request, response) => void response.writeHead(a.checks.length % 2 === 0 ? 200 : 500).end();
    const before = a.requests;
    const checks = a.checks.length;
    await until(() => a.checks.length > checks + 30, 'thirty more checks');
    assert.equal(await answers(proxy, 10), 'b'.repeat(10));
    assert.equal(a.requests, before);
    assert.equal(changes.seen.length, 1);
  });

  test('D19: a server that flaps every 50 ms without thresholds costs no request', async () => {
    await using a = await SwitchableBackend.start('a');
    await using b = await SwitchableBackend.start('b');
    const check = { ...fast, interval: '10ms' };
    await using proxy = await startProxy({ fairlead: { workers: 2 }, ...balancing([a, b], { healthCheck: check }) });
    const changes = new Changes(proxy.proxy);
    await using load = await LoadProcess.start({ port: proxy.port(), keeping: 2, fresh: 2 });
    let turns = 0;
    const flapping = setInterval(() => a.turn(turns++ % 2 === 0 ? 500 : 200), 50);
    try {
      await until(() => changes.seen.length > 10, 'ten changes', 4 * ample);
    } finally {
      clearInterval(flapping);
    }
    assert.deepEqual((await load.stop()).failures, []);
  });

  test('keep what they know through reloads, and in-flight requests of a removed server end', async () => {
    await using a = await SwitchableBackend.start('a');
    await using b = await SwitchableBackend.start('b');
    await using c = await SwitchableBackend.start('c');
    await using proxy = await startProxy({ ...api, ...balancing([a, b], { healthCheck: fast }) });
    const changes = new Changes(proxy.proxy);
    a.turn(500);
    await changes.nth(0);
    await proxy.proxy.apply(balancing([a, b, c], { healthCheck: fast, passHostHeader: false }));
    assert.match(await answers(proxy, 10), /^[bc]+$/);
    assert.deepEqual((await shown(proxy)).serverStatus, { [a.url]: 'DOWN', [b.url]: 'UP', [c.url]: 'UP' });
    // Other rules know nothing.
    await proxy.proxy.apply(balancing([a, b, c], { healthCheck: { ...fast, interval: '1h' } }));
    assert.match(await answers(proxy, 10), /a/);
    await proxy.proxy.apply(balancing([b], {}));
    assert.equal(await answers(proxy, 3), 'bbb');
    assert.equal((await shown(proxy)).serverHealth, undefined);
  });

  test('go on while JavaScript is blocked', async () => {
    await using b = await SwitchableBackend.start('b');
    const worker = new Worker(dying, { eval: true });
    const [port] = (await once(worker, 'message')) as [number];
    const a = { url: `http://127.0.0.1:${port}` };
    try {
      await using proxy = await startProxy(balancing([a, b], { healthCheck: fast }));
      const changes = new Changes(proxy.proxy);
      worker.postMessage('die');
      // Not one turn of the event loop until the data plane has noticed. The other server is on that loop, and down too.
      const end = performance.now() + ample;
      while (proxy.proxy.stats().serversTakenDown === 0 && performance.now() < end);
      const noticed = Date.now();
      assert.equal(proxy.proxy.stats().serversTakenDown > 0, true);
      const down = await until(() => changes.seen.find(({ url }) => url === a.url), 'the event');
      assert.ok(+down.since <= noticed || changes.seen.length > 1);
      await until(() => proxy.proxy.stats().serversDown === 1, 'only that one is down');
      assert.equal(await answers(proxy, 3), 'bbb');
    } finally {
      await worker.terminate();
    }
  });
});

describe('passive health checks', () => {
  test('leave out a server to which requests fail, for a while', async () => {
    await using a = await SwitchableBackend.start('a');
    await using b = await SwitchableBackend.start('b');
    const passive = { maxFailedAttempts: 2, failureWindow: '2s' };
    await using proxy = await startProxy({ ...api, ...balancing([a, b], { passiveHealthCheck: passive }) });
    const changes = new Changes(proxy.proxy);
    a.status = 500;
    while (changes.seen.length === 0) await answers(proxy, 1);
    assert.equal(a.requests >= 2, true);
    const [down] = changes.seen;
    assert.deepEqual([down?.url, down?.cause, down?.error], [a.url, 'requests', 'status 500']);
    assert.equal((await shown(proxy)).serverStatus[a.url], 'DOWN');
    a.status = 200;
    const up = await changes.nth(1);
    assert.deepEqual([up.url, up.state, up.cause], [a.url, 'up', 'time']);
    assert.ok((await answers(proxy, 4)).includes('a'));
    assert.equal(proxy.proxy.stats().serversEjected, 1);
  });

  test('share what they know between workers', async () => {
    await using a = await SwitchableBackend.start('a');
    await using b = await SwitchableBackend.start('b');
    const passive = { failureWindow: '1h' };
    await using proxy = await startProxy({
      fairlead: { workers: 4 },
      ...balancing([a, b], { passiveHealthCheck: passive }),
    });
    a.status = 503;
    while (proxy.proxy.stats().serversDown === 0) await answers(proxy, 1);
    const before = a.requests;
    assert.equal(await answers(proxy, 30), 'b'.repeat(30));
    assert.equal(a.requests, before);
  });

  test('never leave out the last server', async () => {
    await using a = await SwitchableBackend.start('a');
    await using b = await SwitchableBackend.start('b');
    await using proxy = await startProxy(balancing([a, b], { passiveHealthCheck: { failureWindow: '1h' } }));
    a.status = b.status = 500;
    await answers(proxy, 10);
    assert.equal(a.requests + b.requests, 10);
    assert.equal(proxy.proxy.stats().serversDown, 1);
  });

  test('leave it to an active check to bring a server back', async () => {
    await using a = await SwitchableBackend.start('a');
    await using b = await SwitchableBackend.start('b');
    const checks = {
      healthCheck: { ...fast, interval: '1h', unhealthyInterval: '200ms' },
      passiveHealthCheck: { failureWindow: '10ms' },
    };
    await using proxy = await startProxy(balancing([a, b], checks));
    const changes = new Changes(proxy.proxy);
    a.status = 500;
    a.turn(500);
    while (changes.seen.length === 0) await answers(proxy, 1);
    await until(() => a.checks.length >= 2, 'checks at the pace of servers that are down');
    assert.equal(proxy.proxy.stats().serversDown, 1);
    a.turn(200);
    await changes.nth(1);
    assert.deepEqual(
      changes.seen.map(({ state, cause }) => `${state} ${cause}`),
      ['down requests', 'up probe'],
    );
  });
});

/** A gRPC server that has a health service and nothing else; `answer` is the message, or the status of an error. */
class HealthService implements AsyncDisposable {
  readonly calls: string[] = [];
  answer: { readonly serving: number } | { readonly error: number } = { serving: 1 };
  readonly #server: Http2Server;

  private constructor(server: Http2Server) {
    this.#server = server;
    server.on('stream', (stream: ServerHttp2Stream, headers) => {
      stream.on('data', (piece: Buffer) => this.calls.push(`${String(headers[':path'])} ${piece.toString('hex')}`));
      stream.on('end', () => this.#respond(stream));
    });
  }

  static async start(certificate?: { readonly certificate: string; readonly key: string }): Promise<HealthService> {
    const server =
      certificate === undefined
        ? createServer()
        : createSecureServer({ cert: certificate.certificate, key: certificate.key });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new HealthService(server);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  #respond(stream: ServerHttp2Stream): void {
    const head = { ':status': 200, 'content-type': 'application/grpc' };
    if ('error' in this.answer) {
      stream.respond({ ...head, 'grpc-status': String(this.answer.error) }, { endStream: true });
      return;
    }
    stream.respond(head, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
    stream.end(Buffer.from([0, 0, 0, 0, 2, 8, this.answer.serving]));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

describe('health checks by gRPC', () => {
  test('follow what the health service says', async () => {
    await using a = await SwitchableBackend.start('a');
    await using health = await HealthService.start();
    const check = { mode: 'grpc', interval: '20ms', port: health.port } as const;
    await using proxy = await startProxy(balancing([a], { healthCheck: check }));
    const changes = new Changes(proxy.proxy);
    await until(() => health.calls.length > 2, 'calls');
    assert.equal(proxy.proxy.stats().healthChecksFailed, 0);
    assert.equal(health.calls[0], '/grpc.health.v1.Health/Check 0000000000');
    health.answer = { serving: 2 };
    assert.equal((await changes.nth(0)).error, 'NOT_SERVING');
    health.answer = { serving: 1 };
    await changes.nth(1);
    health.answer = { error: 12 };
    assert.equal((await changes.nth(2)).error, 'gRPC status UNIMPLEMENTED');
  });

  test('use TLS where they are told to, and verify it', async () => {
    const authority = new Authority();
    await using a = await SwitchableBackend.start('a');
    await using good = await HealthService.start(authority.issue(['app.example']));
    await using bad = await HealthService.start(authority.issue(['other.example']));
    const transport = { serverName: 'app.example', rootCAs: [authority.certificate] };
    const asking = (port: number) => {
      const check = { mode: 'grpc', scheme: 'https', interval: '20ms', port } as const;
      const dynamic = balancing([a], { healthCheck: check, serversTransport: 'mine' });
      return startProxy({ http: { ...dynamic.http, serversTransports: { mine: transport } } });
    };
    await using trusted = await asking(good.port);
    await until(() => good.calls.length > 2, 'calls through TLS');
    assert.equal(trusted.proxy.stats().healthChecksFailed, 0);
    await using refused = await asking(bad.port);
    assert.match((await new Changes(refused.proxy).nth(0)).error ?? '', /^upstream_tls: /);
  });

  test('fail where nobody speaks HTTP/2', async () => {
    await using a = await SwitchableBackend.start('a');
    await using proxy = await startProxy(balancing([a], { healthCheck: { mode: 'grpc', interval: '20ms' } }));
    assert.match((await new Changes(proxy.proxy).nth(0)).error ?? '', /^(upstream_|no answer: )/);
  });
});
