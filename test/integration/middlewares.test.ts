// Middlewares between real clients and real servers. compression.test.ts and forward-auth.test.ts have two of them.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { MiddlewareInput } from '../../lib/index.js';
import { always, closedPort, EchoBackend, field, RawBackend } from '../support/backends.js';
import { Client, request } from '../support/client.js';
import { everythingTo, startProxy, type TestProxy } from '../support/proxy.js';

/** A proxy with these middlewares, before a server that tells what it was sent. */
async function behind(
  middlewares: readonly MiddlewareInput[],
  run: (proxy: TestProxy, app: EchoBackend) => Promise<void>,
): Promise<void> {
  await using app = await EchoBackend.start();
  await using proxy = await startProxy(everythingTo(app.url, { middlewares }));
  await run(proxy, app);
}

/** Before a server that always answers so. */
async function before(
  middlewares: readonly MiddlewareInput[],
  fields: readonly string[],
  run: (proxy: TestProxy) => Promise<void>,
): Promise<void> {
  const response = ['HTTP/1.1 200 OK', 'Content-Length: 2', ...fields].join('\r\n');
  await using app = await RawBackend.start(always(`${response}\r\n\r\nok`));
  await using proxy = await startProxy(everythingTo(app.url, { middlewares }));
  await run(proxy);
}

describe('paths', () => {
  interface Row {
    readonly middlewares: readonly MiddlewareInput[];
    readonly asked: string;
    readonly arrives: string;
    readonly prefix?: string;
  }
  const rows: readonly Row[] = [
    { middlewares: [{ addPrefix: { prefix: '/v1' } }], asked: '/x?q=%2f', arrives: '/v1/x?q=%2f' },
    { middlewares: [{ addPrefix: { prefix: 'v 1' } }], asked: '/', arrives: '/v%201/' },
    { middlewares: [{ addPrefix: { prefix: '/v1' } }], asked: '/a%2Fb', arrives: '/v1/a%2Fb' },
    { middlewares: [{ stripPrefix: { prefixes: ['/api'] } }], asked: '/api/x?q=1', arrives: '/x?q=1', prefix: '/api' },
    { middlewares: [{ stripPrefix: { prefixes: ['/api'] } }], asked: '/api', arrives: '/', prefix: '/api' },
    { middlewares: [{ stripPrefix: { prefixes: ['/api'] } }], asked: '/a%70i/x', arrives: '/x', prefix: '/api' },
    { middlewares: [{ stripPrefix: { prefixes: ['/b', '/a'] } }], asked: '/a/b/c', arrives: '/b/c', prefix: '/a' },
    { middlewares: [{ stripPrefix: { prefixes: ['/api'] } }], asked: '/other', arrives: '/other' },
    {
      middlewares: [{ stripPrefix: { prefixes: ['/api'] } }, { addPrefix: { prefix: '/v1' } }],
      asked: '/api/x',
      arrives: '/v1/x',
      prefix: '/api',
    },
    {
      middlewares: [{ addPrefix: { prefix: '/v1' } }, { stripPrefix: { prefixes: ['/v1/api'] } }],
      asked: '/api/x',
      arrives: '/x',
      prefix: '/v1/api',
    },
    { middlewares: [{ addPrefix: { prefix: '/b' } }, { addPrefix: { prefix: '/a' } }], asked: '/x', arrives: '/a/b/x' },
  ];
  for (const { middlewares, asked, arrives, prefix } of rows) {
    test(`${asked} arrives as ${arrives} behind ${JSON.stringify(middlewares)}`, () =>
      behind(middlewares, async (proxy) => {
        const { echoed } = await proxy.ask(request(`GET ${asked}`));
        assert.deepEqual([echoed.url, field(echoed, 'X-Forwarded-Prefix')], [arrives, prefix]);
      }));
  }

  test('that would mean something else without their prefix are refused (A42)', () =>
    behind([{ stripPrefix: { prefixes: ['/api'] } }], async (proxy, app) => {
      for (const path of ['/api../x', '/api%2Fx', '/api.', '/api..']) {
        assert.equal((await proxy.ask(request(`GET ${path}`))).status, 400, path);
      }
      assert.equal(app.requests.length, 0);
    }));
});

describe('redirections', () => {
  interface Row {
    readonly redirectScheme: NonNullable<MiddlewareInput['redirectScheme']>;
    readonly asked: string;
    readonly status: number;
    readonly location?: string;
  }
  const https = { scheme: 'https' };
  const rows: readonly Row[] = [
    { redirectScheme: https, asked: 'GET /x?q=1', status: 302, location: 'https://a/x?q=1' },
    { redirectScheme: https, asked: 'POST /x', status: 307, location: 'https://a/x' },
    { redirectScheme: { ...https, permanent: true }, asked: 'GET /', status: 301, location: 'https://a/' },
    { redirectScheme: { ...https, permanent: true }, asked: 'PUT /', status: 308, location: 'https://a/' },
    { redirectScheme: { ...https, port: '8443' }, asked: 'GET /', status: 302, location: 'https://a:8443/' },
    { redirectScheme: { ...https, port: '443' }, asked: 'GET /', status: 302, location: 'https://a/' },
    { redirectScheme: { scheme: 'http' }, asked: 'GET /', status: 200 },
  ];
  for (const { redirectScheme, asked, status, location } of rows) {
    test(`${asked} with ${JSON.stringify(redirectScheme)} is ${status} ${location ?? ''}`, () =>
      behind([{ redirectScheme }], async (proxy) => {
        const response = await proxy.ask(request(asked));
        assert.deepEqual([response.status, response.header('Location')], [status, location]);
      }));
  }

  test('do not depend on what an untrusted client says of its scheme', () =>
    behind([{ redirectScheme: https }], async (proxy) => {
      assert.equal((await proxy.ask(request('GET /', 'X-Forwarded-Proto: https'))).status, 302);
    }));

  test('of a whole entry point lead to the other one, which serves; ping is left alone', async () => {
    await using app = await EchoBackend.start();
    const secure = await closedPort();
    const redirections = { entryPoint: { to: 'websecure' } };
    await using proxy = await startProxy({
      entryPoints: {
        web: { address: '127.0.0.1:0', http: { redirections } },
        websecure: { address: `127.0.0.1:${secure}`, http: { tls: {} } },
      },
      ping: { entryPoint: 'web' },
      ...everythingTo(app.url),
    });
    const { status, fields } = await proxy.ask(request('GET /x?q=1'));
    const location = fields.find(([name]) => name.toLowerCase() === 'location')?.[1];
    assert.deepEqual([status, location], [301, `https://a:${secure}/x?q=1`]);
    assert.equal((await proxy.ask(request('POST /x', 'Content-Length: 0'))).status, 308);
    assert.equal((await proxy.ask(request('GET /ping'))).status, 200);
    await using client = await Client.connect(secure, { tls: { servername: 'a' } });
    assert.equal((await client.ask(request('GET /x'))).echoed.url, '/x');
  });
});

describe('headers', () => {
  test('of requests are set and deleted', () =>
    behind(
      [{ headers: { customRequestHeaders: { 'X-Set': 'new', 'X-Gone': '', Host: 'inner.example' } } }],
      async (proxy) => {
        const { echoed } = await proxy.ask(
          request('GET /', 'X-Set: old', 'x-set: older', 'X-Gone: here', 'X-Kept: yes'),
        );
        assert.deepEqual(
          ['X-Set', 'X-Gone', 'X-Kept', 'Host'].map((name) => field(echoed, name)),
          ['new', undefined, 'yes', 'inner.example'],
        );
      },
    ));

  test('of responses are set and deleted, framing ones are not', () =>
    before(
      [
        {
          headers: { customResponseHeaders: { 'X-Set': 'new', Server: '', 'Content-Length': '999' }, frameDeny: true },
        },
      ],
      ['X-Set: old', 'Server: app', 'X-Kept: yes'],
      async (proxy) => {
        const response = await proxy.ask(request('GET /'));
        assert.deepEqual(response.headers('X-Set'), ['new']);
        assert.deepEqual(response.headers('Server'), []);
        assert.deepEqual([response.header('X-Kept'), response.header('X-Frame-Options')], ['yes', 'DENY']);
        assert.deepEqual([response.header('Content-Length'), response.text], ['2', 'ok']);
      },
    ));

  test('of responses are set on those of the proxy as well', async () => {
    const port = await closedPort();
    const middlewares = [{ headers: { customResponseHeaders: { 'X-Set': 'new' } } }];
    await using proxy = await startProxy(everythingTo(`http://127.0.0.1:${port}`, { middlewares }));
    const response = await proxy.ask(request('GET /'));
    assert.deepEqual([response.status, response.header('X-Set')], [502, 'new']);
  });

  test('keep hosts out that are not allowed', () =>
    behind([{ headers: { allowedHosts: ['a'] } }], async (proxy, app) => {
      assert.equal((await proxy.ask(request('GET /'))).status, 200);
      assert.equal((await proxy.ask('GET / HTTP/1.1\r\nHost: b\r\n\r\n')).status, 500);
      assert.equal(app.requests.length, 1);
    }));

  const cors = {
    accessControlAllowOriginList: ['https://good.example'],
    accessControlAllowMethods: ['GET', 'PUT'],
    accessControlAllowHeaders: ['X-One'],
    accessControlMaxAge: 60,
    accessControlAllowCredentials: true,
    addVaryHeader: true,
  };

  test('answer preflight requests without the server', () =>
    behind([{ headers: cors }], async (proxy, app) => {
      const preflight = (origin: string): string =>
        request('OPTIONS /', `Origin: ${origin}`, 'Access-Control-Request-Method: PUT');
      const good = await proxy.ask(preflight('https://good.example'));
      assert.equal(good.status, 200);
      assert.deepEqual(
        ['Origin', 'Methods', 'Headers', 'Credentials'].map((name) => good.header(`Access-Control-Allow-${name}`)),
        ['https://good.example', 'GET,PUT', 'X-One', 'true'],
      );
      assert.equal(good.header('Access-Control-Max-Age'), '60');
      const bad = await proxy.ask(preflight('https://good.example.evil.example'));
      assert.equal(bad.header('Access-Control-Allow-Origin'), undefined);
      assert.equal(app.requests.length, 0);
      assert.equal((await proxy.ask(request('OPTIONS /', 'Origin: https://good.example'))).echoed.method, 'OPTIONS');
    }));

  test('let other origins read responses', () =>
    before([{ headers: cors }], ['Vary: Accept', 'Access-Control-Allow-Origin: *'], async (proxy) => {
      const good = await proxy.ask(request('GET /', 'Origin: https://good.example'));
      assert.deepEqual(good.headers('Access-Control-Allow-Origin'), ['https://good.example']);
      assert.deepEqual(good.headers('Vary').join(', '), 'Accept, Origin');
      const same = await proxy.ask(request('GET /'));
      assert.deepEqual(same.headers('Vary').join(', '), 'Accept, Origin');
    }));
});

describe('rate limits', () => {
  test('refuse what is beyond the burst, and say when to come back', () =>
    behind([{ rateLimit: { average: 1, period: '30s', burst: 2 } }], async (proxy, app) => {
      await using client = await proxy.connect();
      const statuses: number[] = [];
      for (let i = 0; i < 4; i++) statuses.push((await client.ask(request('GET /'))).status);
      assert.deepEqual(statuses, [200, 200, 429, 429]);
      const { text, ...refused } = await proxy.ask(request('GET /')).then((response) => ({
        text: response.text,
        after: Number(response.header('Retry-After')),
        retryIn: response.header('X-Retry-In'),
      }));
      assert.equal(text, 'Too Many Requests');
      assert.ok(refused.after > 20 && refused.after <= 60, `Retry-After ${refused.after}`);
      assert.match(refused.retryIn ?? '', /^\d+(\.\d+)?s$/);
      assert.equal(app.requests.length, 2);
    }));

  test('hold back what is early by less than half a token', () =>
    behind([{ rateLimit: { average: 1, period: '1s', burst: 1 } }], async (proxy) => {
      await using client = await proxy.connect();
      const start = performance.now();
      assert.equal((await client.ask(request('GET /'))).status, 200);
      // The next token comes after 1 s; half of that is waited for, not more.
      assert.equal((await client.ask(request('GET /'))).status, 429);
      await delay(650);
      assert.equal((await client.ask(request('GET /'))).status, 200);
      const took = performance.now() - start;
      assert.ok(took >= 990, `${took} ms`);
    }));

  test('count each source alone', () =>
    behind(
      [{ rateLimit: { average: 1, period: '1h', burst: 1, sourceCriterion: { requestHeaderName: 'X-Key' } } }],
      async (proxy) => {
        const statusOf = async (key: string): Promise<number> =>
          (await proxy.ask(request('GET /', `X-Key: ${key}`))).status;
        assert.deepEqual([await statusOf('one'), await statusOf('one'), await statusOf('two')], [200, 429, 200]);
      },
    ));

  test('hold over all workers', async () => {
    await using app = await EchoBackend.start();
    const middlewares = [{ rateLimit: { average: 1, period: '1h', burst: 10 } }];
    await using proxy = await startProxy({ fairlead: { workers: 4 }, ...everythingTo(app.url, { middlewares }) });
    const statuses = await Promise.all(
      Array.from({ length: 40 }, async () => (await proxy.ask(request('GET /'))).status),
    );
    assert.equal(statuses.filter((status) => status === 200).length, 10);
    assert.equal(statuses.filter((status) => status === 429).length, 30);
  });
});

describe('a chain', () => {
  const say = (name: string): MiddlewareInput => ({
    headers: { customRequestHeaders: { 'X-Last': name }, customResponseHeaders: { 'X-Last': name } },
  });

  test('takes requests in the order it is written in, and responses in reverse', () =>
    behind([say('first'), say('second'), say('third')], async (proxy) => {
      const response = await proxy.ask(request('GET /'));
      assert.deepEqual([field(response.echoed, 'X-Last'), response.header('X-Last')], ['third', 'first']);
    }));

  test('ends where a middleware answers, and only those before it see the response', () =>
    behind([say('first'), { redirectScheme: { scheme: 'https' } }, say('third')], async (proxy, app) => {
      const response = await proxy.ask(request('GET /'));
      assert.deepEqual([response.status, response.header('X-Last')], [302, 'first']);
      assert.equal(app.requests.length, 0);
    }));

  test('begins with the middlewares of the entry point', async () => {
    await using app = await EchoBackend.start();
    const { http } = everythingTo(app.url, { middlewares: [say('router')] });
    const outer = { addPrefix: { prefix: '/outer' } };
    await using proxy = await startProxy({
      entryPoints: { web: { address: '127.0.0.1:0', http: { middlewares: ['outer@memory', 'say@memory'] } } },
      http: { ...http, middlewares: { ...http?.middlewares, outer, say: say('entry point') } },
    });
    const response = await proxy.ask(request('GET /x'));
    assert.deepEqual(
      [response.echoed.url, field(response.echoed, 'X-Last'), response.header('X-Last')],
      ['/outer/x', 'router', 'entry point'],
    );
  });
});
