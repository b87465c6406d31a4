// What `explain` says of a request is what becomes of it: offline, in a running proxy, and through the API.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  type DynamicConfig,
  explain,
  type Explanation,
  type ExplainRequest,
  type ProxyConfig,
} from '../../lib/index.js';
import { EchoBackend } from '../support/backends.js';
import { createCertificate } from '../support/certificates.js';
import { Client, request } from '../support/client.js';
import { startProxy, TestFolder } from '../support/proxy.js';
import { Random } from '../support/lib/random.js';
import { randomRule, values } from '../support/lib/random-rules.js';

const certificate = createCertificate('shop.example', '*.shop.example');

const shop = (url: string): DynamicConfig => ({
  http: {
    routers: {
      shop: {
        rule: 'Host(`shop.example`) && PathPrefix(`/cart`)',
        entryPoints: ['web'],
        middlewares: ['strip', 'mark', 'limit'],
        service: 'split',
      },
      beta: {
        rule: 'Host(`shop.example`) && (Header(`X-Beta`, `1`) || Query(`beta`))',
        entryPoints: ['web'],
        service: 'app',
      },
      all: { rule: 'Host(`shop.example`)', entryPoints: ['web'], service: 'app', priority: 1 },
      secure: { rule: 'Host(`api.example`)', entryPoints: ['websecure'], service: 'app', tls: {} },
      moved: { rule: 'Host(`old.example`)', entryPoints: ['web'], middlewares: ['https'], service: 'app' },
      broken: { rule: 'Host(`broken.example`)', entryPoints: ['web'], service: 'nowhere' },
      empty: { rule: 'Host(`empty.example`)', entryPoints: ['web'], service: 'empty' },
    },
    services: {
      app: { loadBalancer: { servers: [{ url }] } },
      split: { weighted: { services: [{ name: 'app', weight: 3 }] } },
      empty: { loadBalancer: { servers: [] } },
    },
    middlewares: {
      strip: { stripPrefix: { prefixes: ['/cart'] } },
      mark: { headers: { customRequestHeaders: { 'X-Mark': 'yes', 'X-Beta': '' } } },
      limit: { rateLimit: { average: 5 } },
      https: { redirectScheme: { scheme: 'https', permanent: true } },
    },
  },
  tls: { certificates: [{ certFile: certificate.certificate, keyFile: certificate.key }] },
});

const input: ProxyConfig = {
  entryPoints: { web: { address: ':80' }, websecure: { address: ':443' } },
  ...shop('http://127.0.0.1:3000'),
};

const one = async (asked: ExplainRequest): Promise<Explanation> => {
  const [explanation] = await explain(input, [asked]);
  assert.ok(explanation);
  return explanation;
};

const missOf = ({ nearMisses }: Explanation, router: string) =>
  nearMisses.find((miss) => miss.router === `${router}@memory`);

describe('an explanation of a configuration', () => {
  test('shows the way of a request to a server', async () => {
    const {
      request: asked,
      router,
      middlewares,
      services,
      server,
      answer,
    } = await one({
      url: 'http://shop.example/cart/./1?x=y',
      headers: { 'X-Beta': '2' },
      client: '192.0.2.7',
    });
    assert.deepEqual([asked.entryPoint, asked.host, asked.path], ['web', 'shop.example', '/cart/1']);
    assert.deepEqual([router?.name, router?.service, router?.priority], ['shop@memory', 'split@memory', '43']);
    assert.deepEqual(
      middlewares.map(({ name, effect, atRunTime }) => [name, effect, atRunTime === true]),
      [
        ['strip@memory', 'path /cart/1 → /1; sets X-Forwarded-Prefix: /cart', false],
        ['mark@memory', 'sets X-Mark: yes; removes X-Beta; may change the response', false],
        ['limit@memory', 'may answer 429: 5 requests in 1s pass', true],
      ],
    );
    assert.deepEqual(
      services.map(({ name, chosen }) => [name, chosen]),
      [
        ['split@memory', 'app@memory'],
        ['app@memory', 'http://127.0.0.1:3000'],
      ],
    );
    assert.deepEqual([server?.method, server?.path, server?.host], ['GET', '/1?x=y', 'shop.example']);
    const sent = new Map(server?.headers);
    assert.deepEqual([sent.get('X-Mark'), sent.get('X-Forwarded-For')], ['yes', '192.0.2.7']);
    assert.equal(answer, undefined);
  });

  test('names the first test that failed, as it is written, with what was found', async () => {
    const explanation = await one({ url: 'http://shop.example/car' });
    assert.equal(explanation.router?.name, 'all@memory');
    assert.deepEqual(missOf(explanation, 'shop')?.failed, [
      { predicate: 'PathPrefix(`/cart`)', found: 'the path is "/car"' },
    ]);
    assert.deepEqual(missOf(explanation, 'beta')?.failed, [
      { predicate: 'Header(`X-Beta`, `1`)', found: 'there is no header x-beta' },
      { predicate: 'Query(`beta`)', found: 'there is no parameter beta' },
    ]);
  });

  test('names routers that match as well, with their priority', async () => {
    const explanation = await one({ url: 'http://shop.example/cart' });
    const { kind, because } = missOf(explanation, 'all') ?? {};
    assert.equal(kind, 'priority');
    assert.equal(because, 'it matches as well, but its priority is 1, that of "shop@memory" is 43');
  });

  test('tells that the router listens elsewhere, in one line', async () => {
    const explanation = await one({ url: 'http://api.example/' });
    assert.deepEqual(
      [explanation.router, explanation.answer?.status, explanation.answer?.reason],
      [undefined, 404, 'no_route'],
    );
    assert.equal(explanation.nearMisses[0]?.router, 'secure@memory');
    assert.match(
      explanation.nearMisses[0].because,
      /^it matches, but it listens on websecure and it serves TLS only; the request came to web$/,
    );
  });

  test('tells that the router is for clear text', async () => {
    const { nearMisses } = await one({ url: 'https://shop.example/', entryPoint: 'web' });
    assert.match(nearMisses[0]?.because ?? '', /^it matches, but it serves clear text only, and the request is TLS$/);
  });

  test('finds a host that was nearly written', async () => {
    const { nearMisses } = await one({ url: 'http://shopp.example/cart' });
    assert.deepEqual(nearMisses[0]?.failed, [
      { predicate: 'Host(`shop.example`)', found: 'the host is "shopp.example"' },
    ]);
  });

  test('names disabled routers for the host', async () => {
    const { nearMisses } = await one({ url: 'http://broken.example/' });
    assert.deepEqual([nearMisses[0]?.router, nearMisses[0]?.kind], ['broken@memory', 'disabled']);
  });

  test('shows what the proxy answers by itself', async () => {
    const { answer, middlewares } = await one({ url: 'http://old.example/a?b' });
    assert.deepEqual([answer?.status, middlewares[0]?.effect], [301, 'answers 301, Location: https://old.example/a?b']);
    assert.equal((await one({ url: 'http://empty.example/' })).answer?.reason, 'no_server');
    const refused = await one({ url: 'http://shop.example/a%zz' });
    assert.deepEqual([refused.answer?.status, refused.answer?.reason], [400, 'malformed_request']);
  });

  test('names the certificate and why it is that one', async () => {
    const own = await one({ url: 'https://api.example/', serverName: 'www.shop.example' });
    assert.deepEqual(own.certificate?.names, ['shop.example', '*.shop.example']);
    assert.equal(own.certificate.because, 'the client asks for "www.shop.example"');
    const other = await one({ url: 'https://api.example/' });
    assert.match(
      other.certificate?.because ?? '',
      /"api\.example", which no certificate is for: the default certificate$/,
    );
    assert.equal(other.router?.name, 'secure@memory');
  });

  test('refuses what is no request', async () => {
    for (const wrong of [
      { url: 'shop.example' },
      { url: '/path' },
      { url: 'http://a/', entryPoint: 'nowhere' },
      { url: 'http://a/', method: 'G T' },
      { url: 'http://a/', client: 'me' },
      { url: 'http://a/', headers: { a: 'b\r\nc: d' } },
    ]) {
      await assert.rejects(explain(input, [wrong]), { code: 'ERR_FAIRLEAD_REQUEST' }, JSON.stringify(wrong));
    }
  });

  test('does not tell secrets', async () => {
    const secretly: DynamicConfig = {
      http: {
        routers: { a: { rule: 'Host(`a.example`)', service: 'app', middlewares: ['key'] } },
        services: { app: { loadBalancer: { servers: [{ url: 'http://127.0.0.1:1' }] } } },
        middlewares: { key: { headers: { customRequestHeaders: { 'X-Key': '${env:FAIRLEAD_TEST_KEY}' } } } },
      },
    };
    process.env['FAIRLEAD_TEST_KEY'] = 'open-sesame';
    try {
      const explained = await explain({ entryPoints: { web: { address: ':80' } }, ...secretly }, [
        { url: 'http://a.example/' },
      ]);
      assert.doesNotMatch(JSON.stringify(explained), /sesame/);
    } finally {
      delete process.env['FAIRLEAD_TEST_KEY'];
    }
  });
});

describe('an explanation of a proxy that runs', () => {
  test('knows whose turn it is, and takes none away', async () => {
    await using first = await EchoBackend.start('first');
    await using second = await EchoBackend.start('second');
    const urls = [first.url, second.url];
    await using proxy = await startProxy({
      http: {
        routers: { all: { rule: 'PathPrefix(`/`)', service: 'app' } },
        services: { app: { loadBalancer: { servers: urls.map((url) => ({ url })) } } },
      },
    });
    for (let turn = 0; turn < 6; turn++) {
      const { server } = await proxy.proxy.explain({ url: proxy.url('/') });
      const again = await proxy.proxy.explain({ url: proxy.url('/') });
      assert.equal(again.server?.url, server?.url);
      const answered = (await proxy.ask(request('GET /'))).echoed.name;
      assert.equal(server?.url, answered === 'first' ? first.url : second.url);
    }
  });

  test('is given by the API', async () => {
    await using app = await EchoBackend.start();
    await using proxy = await startProxy({
      entryPoints: { web: { address: '127.0.0.1:0' }, traefik: { address: '127.0.0.1:0' } },
      api: { insecure: true },
      http: {
        routers: {
          beta: { rule: 'Host(`shop.example`) && Header(`X-Beta`, `1`)', entryPoints: ['web'], service: 'app' },
          all: { rule: 'Host(`shop.example`)', entryPoints: ['web'], service: 'app' },
        },
        services: { app: { loadBalancer: { servers: [{ url: app.url }] } } },
      },
    });
    const ask = async (query: Record<string, string>) => {
      await using client = await Client.connect(proxy.port('traefik'));
      return await client.ask(request(`GET /api/explain?${new URLSearchParams(query).toString()}`));
    };
    const answer = await ask({ url: 'http://shop.example/cart', entryPoint: 'web', header: 'X-Beta: 1' });
    assert.equal(answer.status, 200);
    assert.equal((answer.json as Explanation).router?.name, 'beta@memory');
    assert.equal((await ask({ url: 'nonsense' })).status, 400);
    assert.equal((await ask({})).status, 400);
    assert.equal((await ask({ url: 'http://a/', page: '1' })).status, 400);
    assert.equal((await ask({ url: 'http://a/', header: 'X-Beta' })).status, 400);
  });
});

/** One of the requests that the rules of the test are about. */
function randomRequest(random: Random): { readonly head: string; readonly asked: ExplainRequest } {
  const host = random.pick(values.hosts.filter((name) => name !== '::1'));
  const query = random.pick(['', '?k', '?k=v', '?l=1', '?k=v%20w&l']);
  const target = `${encodeURI(random.pick(values.paths)).replace('%252F', '%2F')}${query}`;
  const method = random.pick(values.methods);
  const headers: [string, string][] = random.chance(50)
    ? [[random.pick(['X-A', 'X-B']), random.pick(['1', '2', 'a, b'])]]
    : [];
  const lines = [
    `${method} ${target} HTTP/1.1`,
    `Host: ${host}`,
    ...headers.map(([name, value]) => `${name}: ${value}`),
  ];
  return {
    head: `${lines.join('\r\n')}\r\n\r\n`,
    asked: {
      url: `http://${host}${target}`,
      method,
      headers,
      entryPoint: 'web',
      nearMisses: random.chance(10) ? 20 : 0,
    },
  };
}

test('the router of an explanation is the router of the access log, for 2,000 requests', async () => {
  const random = new Random(20261128);
  const routers = Object.fromEntries(
    Array.from({ length: 60 }, (_, index) => {
      // Rules that take nearly everything are long: by their length they would take it from all others.
      const rule = randomRule(random);
      return [
        `r${index}`,
        { rule, service: 'noop@internal', priority: rule.length > 60 ? 1 : 100 + random.below(900) },
      ];
    }),
  );
  await using folder = await TestFolder.create();
  await using proxy = await startProxy({
    accessLog: { filePath: folder.file('access.log'), format: 'json', addInternals: true },
    http: { routers },
  });
  const requests = Array.from({ length: 2000 }, () => randomRequest(random));
  await using client = await proxy.connect();
  const logged: string[] = [];
  for (const { head, asked } of requests) await client.ask(head, asked.method);
  for (const line of await folder.lines('access.log', requests.length)) {
    logged.push((JSON.parse(line) as { readonly RouterName?: string }).RouterName ?? '');
  }
  const explained = await Promise.all(requests.map(({ asked }) => proxy.proxy.explain(asked)));
  const names = explained.map(({ router }) => router?.name ?? '');
  const differ = names.flatMap((name, index) =>
    name === logged[index] ? [] : [`${requests[index]?.head}: ${name}, ${logged[index]}`],
  );
  assert.deepEqual(differ, []);
  assert.ok(new Set(names).size > 10, 'many routers were found');
  for (const { router, nearMisses } of explained) {
    assert.ok(nearMisses.every((miss) => miss.router !== router?.name && miss.because !== ''));
  }
});
