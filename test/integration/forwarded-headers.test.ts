import assert from 'node:assert/strict';
import { hostname } from 'node:os';
import { describe, test } from 'node:test';
import { EchoBackend, field } from '../support/backends.js';
import { request } from '../support/client.js';
import { everythingTo, startProxy, type TestProxy } from '../support/proxy.js';

type EntryPointSettings = Readonly<Record<string, unknown>>;

const proxyTo = ({ url }: EchoBackend, settings: EntryPointSettings = {}): Promise<TestProxy> =>
  startProxy({ entryPoints: { web: { address: '127.0.0.1:0', ...settings } }, ...everythingTo(url) });

/** Everything that a client may say about hops before it. */
const spoofed = {
  'X-Forwarded-For': '6.6.6.6',
  'X-Forwarded-Host': 'evil.example',
  'X-Forwarded-Port': '666',
  'X-Forwarded-Proto': 'https',
  'X-Forwarded-Server': 'evil',
  'X-Forwarded-Uri': '/evil',
  'X-Forwarded-Method': 'EVIL',
  'X-Forwarded-Prefix': '/evil',
  'X-Forwarded-Tls-Client-Cert': 'evil',
  'X-Forwarded-Tls-Client-Cert-Info': 'evil',
  'X-Real-Ip': '6.6.6.6',
};
const lines = (fields: Readonly<Record<string, string>>): string[] =>
  Object.entries(fields).map(([name, value]) => `${name}: ${value}`);

/** What the server is told without any hop before. */
const ours = {
  'x-forwarded-for': '127.0.0.1',
  'x-forwarded-host': 'a',
  'x-forwarded-port': '80',
  'x-forwarded-proto': 'http',
  'x-forwarded-server': hostname(),
  'x-forwarded-uri': undefined,
  'x-forwarded-method': undefined,
  'x-forwarded-prefix': undefined,
  'x-forwarded-tls-client-cert': undefined,
  'x-forwarded-tls-client-cert-info': undefined,
  'x-real-ip': '127.0.0.1',
};

const seen = (app: EchoBackend, names: readonly string[]) =>
  Object.fromEntries(names.map((name) => [name, field(app.last, name)]));

test('a client without a hop before it is described', async () => {
  await using app = await EchoBackend.start();
  await using proxy = await proxyTo(app);
  await proxy.ask(request('GET /'));
  assert.deepEqual(seen(app, Object.keys(ours)), ours);
  await proxy.ask('GET / HTTP/1.1\r\nHost: a.example:8443\r\n\r\n');
  assert.deepEqual(seen(app, ['x-forwarded-host', 'x-forwarded-port']), {
    'x-forwarded-host': 'a.example:8443',
    'x-forwarded-port': '8443',
  });
});

describe('an untrusted peer', () => {
  test('cannot say anything about hops before it (A38)', async () => {
    await using app = await EchoBackend.start();
    await using proxy = await proxyTo(app);
    await proxy.ask(request('GET /', ...lines(spoofed)));
    assert.deepEqual(seen(app, Object.keys(ours)), ours);
  });

  test('cannot by other letter cases or with underscores either (A36, A38)', async () => {
    await using app = await EchoBackend.start();
    await using proxy = await proxyTo(app);
    const aliases = Object.entries(spoofed).flatMap(([name, value]) => [
      `${name.toLowerCase()}: ${value}`,
      `${name.replaceAll('-', '_')}: ${value}`,
      `${name.toUpperCase().replace('-', '_')}: ${value}`,
    ]);
    await proxy.ask(request('GET /', ...aliases));
    assert.deepEqual(seen(app, Object.keys(ours)), ours);
    const evil = app.last.fields.filter(([, value]) => /6\.6\.6|evil/i.test(value));
    assert.deepEqual(evil, []);
  });

  test('cannot have fields removed that the proxy owns or that frame the message (A37)', async () => {
    await using app = await EchoBackend.start();
    await using proxy = await proxyTo(app);
    const options = [
      'X-Forwarded-For, X-Real-Ip, Host, Content-Length',
      'x-forwarded-for, X-REAL-IP, host, content-length, X-Forwarded-Host',
    ];
    for (const option of options) {
      await proxy.ask(request('POST /', `Connection: ${option}`, 'Content-Length: 5') + 'hello');
      assert.deepEqual(seen(app, Object.keys(ours)), ours);
      assert.deepEqual([app.last.body, field(app.last, 'host')], ['hello', 'a']);
    }
  });
});

describe('a trusted peer', () => {
  const trusting: readonly (readonly [string, EntryPointSettings])[] = [
    ['by its network', { forwardedHeaders: { trustedIPs: ['10.0.0.0/8', '127.0.0.0/8'] } }],
    ['as everyone is', { forwardedHeaders: { insecure: true } }],
  ];
  for (const [how, settings] of trusting) {
    test(`is believed: ${how}`, async () => {
      await using app = await EchoBackend.start();
      await using proxy = await proxyTo(app, settings);
      await proxy.ask(request('GET /', ...lines(spoofed)));
      const expected = Object.fromEntries(lines(spoofed).map((line) => line.split(': ') as [string, string]));
      assert.deepEqual(seen(app, Object.keys(spoofed)), {
        ...expected,
        'X-Forwarded-For': '6.6.6.6, 127.0.0.1',
        'X-Forwarded-Server': hostname(),
      });
    });
  }

  test('that says nothing is described like any other', async () => {
    await using app = await EchoBackend.start();
    await using proxy = await proxyTo(app, { forwardedHeaders: { insecure: true } });
    await proxy.ask(request('GET /'));
    assert.deepEqual(seen(app, Object.keys(ours)), ours);
  });

  test('has several lines of X-Forwarded-For joined', async () => {
    await using app = await EchoBackend.start();
    await using proxy = await proxyTo(app, { forwardedHeaders: { insecure: true } });
    await proxy.ask(request('GET /', 'X-Forwarded-For: 1.1.1.1, 2.2.2.2', 'X-Forwarded-For: 3.3.3.3'));
    assert.equal(field(app.last, 'x-forwarded-for'), '1.1.1.1, 2.2.2.2, 3.3.3.3, 127.0.0.1');
  });

  test('outside the trusted networks is not trusted', async () => {
    await using app = await EchoBackend.start();
    await using proxy = await proxyTo(app, { forwardedHeaders: { trustedIPs: ['10.0.0.0/8'] } });
    await proxy.ask(request('GET /', ...lines(spoofed)));
    assert.deepEqual(seen(app, Object.keys(ours)), ours);
  });
});

test('notAppendXForwardedFor leaves X-Forwarded-For as it came', async () => {
  await using app = await EchoBackend.start();
  await using proxy = await proxyTo(app, { forwardedHeaders: { insecure: true, notAppendXForwardedFor: true } });
  await proxy.ask(request('GET /', 'X-Forwarded-For: 1.1.1.1'));
  assert.equal(field(app.last, 'x-forwarded-for'), '1.1.1.1');
});

test('addXForwardedSchemeHeaders adds the scheme twice more', async () => {
  await using app = await EchoBackend.start();
  await using proxy = await proxyTo(app, { forwardedHeaders: { addXForwardedSchemeHeaders: true } });
  await proxy.ask(request('GET /', 'X-Scheme: https', 'X-Forwarded-Scheme: https'));
  assert.deepEqual(seen(app, ['x-forwarded-scheme', 'x-scheme']), { 'x-forwarded-scheme': 'http', 'x-scheme': 'http' });
});

describe('names with underscores (A36)', () => {
  const sent = request('GET /', 'X_Auth_User: admin', 'Content_Length: 5', 'Transfer_Encoding: chunked', 'Fine: 1');
  const cases = [
    ['keep', 200, 'admin'],
    ['delete', 200, undefined],
    ['reject', 400, undefined],
  ] as const;
  for (const [underscoreHeadersStrategy, status, value] of cases) {
    test(`${underscoreHeadersStrategy}: ${status}, and what aliases framing never arrives`, async () => {
      await using app = await EchoBackend.start();
      await using proxy = await proxyTo(app, { http: { underscoreHeadersStrategy } });
      assert.equal((await proxy.ask(sent)).status, status);
      if (status === 400) {
        assert.equal(app.connections, 0);
        return;
      }
      assert.deepEqual(seen(app, ['x_auth_user', 'content_length', 'transfer_encoding', 'fine']), {
        x_auth_user: value,
        content_length: undefined,
        transfer_encoding: undefined,
        fine: '1',
      });
    });
  }
});

describe('escapes that an entry point denies (A40)', () => {
  const keys = {
    allowEncodedSlash: '%2F',
    allowEncodedBackSlash: '%5C',
    allowEncodedNullCharacter: '%00',
    allowEncodedSemicolon: '%3B',
    allowEncodedPercent: '%25',
    allowEncodedQuestionMark: '%3F',
    allowEncodedHash: '%23',
  };
  for (const [key, escape] of Object.entries(keys)) {
    test(`${key}: false refuses ${escape} in any letter case, and nothing else`, async () => {
      await using app = await EchoBackend.start();
      await using proxy = await proxyTo(app, { http: { encodedCharacters: { [key]: false } } });
      for (const text of [escape, escape.toLowerCase()]) {
        assert.equal((await proxy.ask(request(`GET /a${text}b`))).status, 400);
      }
      assert.equal(app.requests.length, 0);
      const others = Object.values(keys).filter((other) => other !== escape);
      assert.equal((await proxy.ask(request(`GET /a${others.join('x')}?${escape}`))).status, 200);
      assert.equal(app.last.url, `/a${others.join('x')}?${escape}`);
    });
  }
});
