import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type IncomingMessage, request as httpRequest } from 'node:http';
import { connect as tlsConnect } from 'node:tls';
import { describe, test } from 'node:test';
import { AppError, check, ConfigError, createProxy, type DynamicConfig, type Proxy } from '../../lib/index.js';
import { until } from '../support/deadline.js';
import { backend, type Echo, echoBackend } from '../support/lib/backend.js';
import { withResolvers } from '../support/lib/deferred.js';

const entryPoints = { web: { address: '127.0.0.1:0' } };

/** One router for everything, to one server. */
const everythingTo = (url: string): DynamicConfig => ({
  http: {
    routers: { all: { rule: 'PathPrefix(`/`)', service: 'app' } },
    services: { app: { loadBalancer: { servers: [{ url }] } } },
  },
});

const urlOf = (proxy: Proxy, entryPoint = 'web'): string => {
  const [url] = proxy.addresses[entryPoint]?.urls ?? [];
  assert.ok(url);
  return url;
};

const echoed = async (url: string, init?: RequestInit): Promise<Echo> =>
  (await fetch(url, init)).json() as Promise<Echo>;

describe('an embedded proxy', () => {
  test('serves, says where, and ends', async () => {
    await using app = await echoBackend('app');
    const proxy = await createProxy({ entryPoints, ...everythingTo(app.url) });
    const { web } = proxy.addresses;
    assert.ok(web !== undefined && web.port > 0);
    assert.deepEqual(web, { host: '127.0.0.1', port: web.port, tls: false, urls: [`http://127.0.0.1:${web.port}/`] });
    const { name, url, headers } = await echoed(`${urlOf(proxy)}path?q=1`);
    assert.deepEqual([name, url, headers['x-forwarded-for']], ['app', '/path?q=1', '127.0.0.1']);
    assert.deepEqual(await proxy.close(), { cut: 0 });
    await assert.rejects(fetch(urlOf(proxy)));
  });

  test('is disposed of at the end of its block', async () => {
    await using app = await echoBackend('app');
    const inBlock = async (): Promise<string> => {
      await using proxy = await createProxy({ entryPoints, ...everythingTo(app.url) });
      assert.equal((await fetch(urlOf(proxy))).status, 200);
      return urlOf(proxy);
    };
    await assert.rejects(fetch(await inBlock()));
  });

  test('applies a new configuration and says what changed', async () => {
    await using one = await echoBackend('one');
    await using two = await echoBackend('two');
    await using proxy = await createProxy({ entryPoints, ...everythingTo(one.url) });
    assert.equal((await echoed(urlOf(proxy))).name, 'one');
    const applied = await proxy.apply(everythingTo(two.url));
    assert.equal(applied.generation, 2);
    assert.deepEqual(applied.diff.services, { added: [], removed: [], changed: ['app@memory'] });
    assert.deepEqual(applied.diff.routers, { added: [], removed: [], changed: [] });
    assert.equal((await echoed(urlOf(proxy))).name, 'two');
  });

  test('does not make a generation of what means the same', async () => {
    await using app = await echoBackend('app');
    await using proxy = await createProxy({ entryPoints, ...everythingTo(app.url) });
    const { generation, isNew } = await proxy.apply(everythingTo(app.url));
    assert.deepEqual({ generation, isNew }, { generation: 1, isNew: false });
  });

  test('disables a broken object alone and names it', async () => {
    await using app = await echoBackend('app');
    await using proxy = await createProxy({ entryPoints });
    assert.equal((await fetch(urlOf(proxy))).status, 404);
    const dynamic = everythingTo(app.url);
    const { diagnostics } = await proxy.apply({
      http: { ...dynamic.http, routers: { ...dynamic.http?.routers, bad: { rule: 'Hots(`a`)', service: 'app' } } },
    });
    assert.deepEqual(
      diagnostics.map(({ code, path }) => [code, path]),
      [['FL4003', 'http.routers.bad.rule']],
    );
    assert.equal((await fetch(urlOf(proxy))).status, 200);
  });

  test('takes the last of many configurations that are applied at once', async () => {
    await using one = await echoBackend('one');
    await using two = await echoBackend('two');
    await using proxy = await createProxy({ entryPoints, ...everythingTo(one.url) });
    const urls = Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? one.url : two.url));
    await Promise.all(urls.map((url) => proxy.apply(everythingTo(url))));
    assert.equal((await echoed(urlOf(proxy))).name, 'two');
  });

  test('keeps requests in flight over a reload', async () => {
    const { promise: asked, resolve: wasAsked } = withResolvers<() => void>();
    await using slow = await backend((_, response) => wasAsked(() => response.end('slow')));
    await using fast = await echoBackend('fast');
    await using proxy = await createProxy({ entryPoints, ...everythingTo(slow.url) });
    const running = fetch(urlOf(proxy));
    const answer = await asked;
    await proxy.apply(everythingTo(fast.url));
    assert.equal((await echoed(urlOf(proxy))).name, 'fast');
    answer();
    assert.equal(await (await running).text(), 'slow');
  });

  test('rejects an install configuration with errors, all of them at once', async () => {
    const config = { entryPoints: { web: { address: 'nonsense' }, other: { address: ':99999' } } };
    await assert.rejects(createProxy(config), (thrown: unknown) => {
      assert.ok(thrown instanceof ConfigError);
      assert.deepEqual(
        thrown.diagnostics.map(({ code }) => code),
        ['FL6001', 'FL6001'],
      );
      return true;
    });
  });

  test('rejects when an address is taken, and leaves nothing behind', async () => {
    await using app = await echoBackend('app');
    const taken = { entryPoints: { free: { address: '127.0.0.1:0' }, web: { address: `127.0.0.1:${app.port}` } } };
    await assert.rejects(createProxy(taken), (thrown: unknown) => {
      assert.ok(thrown instanceof AppError);
      assert.equal(thrown.code, 'ERR_FAIRLEAD_BIND');
      assert.match(thrown.message, /"web".*Address already in use/);
      return true;
    });
  });

  test('counts', async () => {
    await using app = await echoBackend('app');
    await using proxy = await createProxy({ entryPoints, ...everythingTo(app.url) });
    await fetch(urlOf(proxy));
    await fetch(`http://127.0.0.1:${proxy.addresses['web']?.port}/`, { headers: { 'x-other': '1' } });
    await until(() => proxy.stats().responses2xx === 2, 'both exchanges have ended');
    const { requestsTotal, responses2xx, upstreamRequests } = proxy.stats();
    assert.deepEqual(
      { requestsTotal, responses2xx, upstreamRequests },
      { requestsTotal: 2, responses2xx: 2, upstreamRequests: 2 },
    );
  });

  test('serves TLS with a certificate of its own when it has no other', async () => {
    await using app = await echoBackend('app');
    const secure = { web: { ...entryPoints.web, http: { tls: {} } } };
    await using proxy = await createProxy({ entryPoints: secure, ...everythingTo(app.url) });
    const { port, tls } = proxy.addresses['web'] ?? { port: 0, tls: false };
    assert.equal(tls, true);
    const socket = tlsConnect({ port, host: '127.0.0.1', rejectUnauthorized: false, servername: 'any.example' });
    await once(socket, 'secureConnect');
    assert.equal(socket.getPeerCertificate().subject.CN, 'FAIRLEAD DEFAULT CERT');
    socket.write('GET /secure HTTP/1.1\r\nHost: any.example\r\nConnection: close\r\n\r\n');
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    await once(socket, 'close');
    assert.match(Buffer.concat(chunks).toString(), /^HTTP\/1\.1 200 [\s\S]*"x-forwarded-proto":"https"/);
  });
});

describe('closing', () => {
  test('lets requests end and refuses new connections', async () => {
    const { promise: asked, resolve: wasAsked } = withResolvers<() => void>();
    await using slow = await backend((_, response) => wasAsked(() => response.end('done')));
    const proxy = await createProxy({ entryPoints, ...everythingTo(slow.url) });
    const running = fetch(urlOf(proxy));
    const answer = await asked;
    const closed = proxy.close({ drain: '10s' });
    answer();
    assert.equal(await (await running).text(), 'done');
    assert.deepEqual(await closed, { cut: 0 });
  });

  test('cuts what is not done in time, and counts it', async () => {
    const { promise: asked, resolve: wasAsked } = withResolvers<unknown>();
    await using silent = await backend(() => wasAsked(undefined));
    const proxy = await createProxy({ entryPoints, ...everythingTo(silent.url) });
    const running = assert.rejects(fetch(urlOf(proxy)));
    await asked;
    assert.deepEqual(await proxy.close({ drain: 50 }), { cut: 1 });
    await running;
  });

  test('may be called again, and then ends sooner', async () => {
    const { promise: asked, resolve: wasAsked } = withResolvers<unknown>();
    await using silent = await backend(() => wasAsked(undefined));
    const proxy = await createProxy({ entryPoints, ...everythingTo(silent.url) });
    const running = assert.rejects(fetch(urlOf(proxy)));
    await asked;
    const first = proxy.close({ drain: '60s' });
    assert.deepEqual(await proxy.close({ drain: 0 }), { cut: 1 });
    assert.deepEqual(await first, { cut: 1 });
    await running;
    assert.deepEqual(await proxy.close(), { cut: 1 });
  });

  test('refuses what comes afterwards', async () => {
    const proxy = await createProxy({ entryPoints });
    await proxy.close();
    const isClosed = { code: 'ERR_FAIRLEAD_CLOSED' };
    await assert.rejects(proxy.apply({}), isClosed);
    assert.throws(() => proxy.stats(), isClosed);
    proxy.reload();
    proxy.reopenLogs();
    proxy.ref();
    proxy.unref();
  });

  test('happens when the signal aborts', async () => {
    const controller = new AbortController();
    const proxy = await createProxy({ entryPoints }, { signal: controller.signal });
    const closed = new Promise((resolve) => proxy.on('close', resolve));
    controller.abort();
    assert.deepEqual(await closed, { cut: 0 });
    await assert.rejects(createProxy({ entryPoints }, { signal: controller.signal }), { name: 'AbortError' });
  });
});

describe('events', () => {
  test('tell of listeners and generations, and a listener that throws harms nobody', async () => {
    const messages: string[] = [];
    const note = (message: string): void => void messages.push(message);
    const logger = { trace: () => undefined, debug: () => undefined, info: () => undefined, warn: note, error: note };
    await using app = await echoBackend('app');
    await using proxy = await createProxy({ entryPoints }, { logger });
    const seen: unknown[] = [];
    proxy.on('generation', () => {
      throw new Error('mine');
    });
    proxy.on('generation', () => Promise.reject(new Error('late')));
    const off = proxy.on('generation', ({ generation, diff }) => seen.push(generation, diff.routers.added));
    await proxy.apply(everythingTo(app.url));
    off();
    await proxy.apply({});
    assert.deepEqual(seen, [2, ['all@memory']]);
    assert.deepEqual(messages.slice(0, 2), [
      'a listener of "generation" failed: mine',
      'a listener of "generation" failed: late',
    ]);
  });
});

describe('check', () => {
  test('reports everything and opens nothing', async () => {
    await using app = await echoBackend('app');
    const { diagnostics, summary } = await check({
      entryPoints: { web: { address: `127.0.0.1:${app.port}` } },
      http: {
        routers: {
          good: { rule: 'Host(`a.example`)', service: 'app' },
          lost: { rule: 'Host(`b.example`)', service: 'nowhere' },
          wrong: { rule: 'Host(`', service: 'app' },
        },
        services: { app: { loadBalancer: { servers: [{ url: app.url }] } } },
      },
    });
    assert.deepEqual(diagnostics.map(({ code }) => code).sort(), ['FL3002', 'FL4001']);
    assert.deepEqual([summary['routers'], summary['services'], summary['entry points']], [1, 1, 1]);
  });

  test('has the data plane say what only it knows', async () => {
    const { diagnostics, summary } = await check({
      entryPoints,
      http: {
        routers: {
          odd: { rule: 'HostRegexp(`\\p{Klingon}`)', service: 'app' },
          fine: { rule: 'PathRegexp(`^/\\p{Greek}`)', service: 'app' },
        },
        services: { app: { loadBalancer: { servers: [{ url: 'http://127.0.0.1:1' }] } } },
      },
    });
    assert.deepEqual(
      diagnostics.map(({ code, path }) => [code, path]),
      [['FL3023', 'http.routers.odd']],
    );
    assert.equal(summary['routers'], 1);
  });
});

test('an object that only the data plane refuses is disabled, until it is mended', async () => {
  await using app = await echoBackend('app');
  const withRule = (rule: string): DynamicConfig => {
    const dynamic = everythingTo(app.url);
    return { http: { ...dynamic.http, routers: { ...dynamic.http?.routers, odd: { rule, service: 'app' } } } };
  };
  await using proxy = await createProxy({ entryPoints, ...withRule('PathRegexp(`\\p{Klingon}`)') });
  assert.deepEqual(
    proxy.diagnostics.map(({ code }) => code),
    ['FL3023'],
  );
  assert.equal((await fetch(urlOf(proxy))).status, 200);
  const { diagnostics } = await proxy.apply(withRule('PathRegexp(`\\p{Greek}`)'));
  assert.deepEqual(diagnostics, []);
});

test('the admin API answers through the proxy itself', async () => {
  await using app = await echoBackend('app');
  const dynamic = everythingTo(app.url);
  await using proxy = await createProxy({
    entryPoints,
    api: {},
    http: {
      ...dynamic.http,
      routers: {
        ...dynamic.http?.routers,
        admin: { rule: 'Host(`admin.example`)', service: 'api@internal', priority: 1000 },
      },
    },
  });
  const { port } = proxy.addresses['web'] ?? { port: 0 };
  const request = httpRequest({
    port,
    host: '127.0.0.1',
    path: '/api/http/routers/all@memory',
    headers: { host: 'admin.example' },
  });
  request.end();
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  const text = (await response.toArray()).join('');
  assert.equal(response.statusCode, 200);
  assert.deepEqual(JSON.parse(text), {
    entryPoints: ['web'],
    rule: 'PathPrefix(`/`)',
    priority: 15,
    middlewares: [],
    service: 'app',
    observability: { accessLogs: true, metrics: true, tracing: true, traceVerbosity: 'minimal' },
    status: 'enabled',
    using: ['web'],
    name: 'all@memory',
    provider: 'memory',
    priorityStr: '15',
  });
});
