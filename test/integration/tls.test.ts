import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { type AddressInfo, connect as connectTcp, createServer, type Socket } from 'node:net';
import { describe, test } from 'node:test';
import { connect, type ConnectionOptions, TLSSocket } from 'node:tls';
import type { DynamicConfig } from '../../lib/index.js';
import { Authority } from '../support/authority.js';
import { EchoBackend } from '../support/backends.js';
import type { TestCertificate } from '../support/certificates.js';
import { Client, request } from '../support/client.js';
import { ample, atMost, timed, until, within } from '../support/deadline.js';
import { everythingTo, startProxy, TestFolder, TestProxy } from '../support/proxy.js';

const authority = new Authority();
const websecure = { address: '127.0.0.1:0', http: { tls: {} } };
const entryPoints = { websecure };

type Tls = NonNullable<DynamicConfig['tls']>;

const pairs = (...certificates: readonly TestCertificate[]) =>
  certificates.map(({ certificate, key }) => ({ certFile: certificate, keyFile: key }));

const serving = (app: EchoBackend, tls: Tls): DynamicConfig => ({ ...everythingTo(app.url), tls });

/** What a handshake came to. */
interface Shaken {
  readonly subject?: string | readonly string[] | undefined;
  readonly version?: string | null;
  readonly protocol?: string | false | null;
  /** The alert of the proxy, as Node names it. */
  readonly error?: string;
}

/** Connects by name, tells what came of it and leaves. */
async function shake(proxy: TestProxy, servername: string, options: ConnectionOptions = {}): Promise<Shaken> {
  const socket = open(proxy, servername, options);
  try {
    await within(once(socket, 'secureConnect'), 'a handshake');
    const { subject } = socket.getPeerCertificate();
    return { subject: subject.CN, version: socket.getProtocol(), protocol: socket.alpnProtocol };
  } catch (thrown) {
    return { error: (thrown as NodeJS.ErrnoException).code ?? String(thrown) };
  } finally {
    socket.destroy();
  }
}

const open = (proxy: TestProxy, servername: string, options: ConnectionOptions = {}): TLSSocket =>
  connect({ host: '127.0.0.1', port: proxy.port('websecure'), servername, rejectUnauthorized: false, ...options });

/** The whole of one request over TLS; `host` is what the request says, the name of the handshake unless told otherwise. */
async function ask(proxy: TestProxy, servername: string, host = servername): Promise<{ status: number; text: string }> {
  await using client = await Client.connect(proxy.port('websecure'), { tls: { servername } });
  const { status, text } = await client.ask(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
  return { status, text };
}

describe('an entry point with TLS', () => {
  test('serves the certificate of the name, and tells the server that it was https', async () => {
    await using app = await EchoBackend.start();
    const certificates = pairs(
      authority.issue(['a.example', 'b.example']),
      authority.issue(['*.wild.example']),
      authority.issue(['127.0.0.1']),
    );
    const [defaultCertificate] = pairs(authority.issue(['fallback.example']));
    assert.ok(defaultCertificate);
    const stores = { default: { defaultCertificate } };
    await using proxy = await startProxy({ entryPoints, ...serving(app, { certificates, stores }) });
    const expected = {
      'a.example': 'a.example',
      'B.Example': 'a.example',
      'x.wild.example': '*.wild.example',
      'x.y.wild.example': 'fallback.example',
      'other.example': 'fallback.example',
      '': '127.0.0.1',
    };
    for (const [name, subject] of Object.entries(expected)) {
      assert.deepEqual([name, (await shake(proxy, name)).subject], [name, subject]);
    }
    const verified = await shake(proxy, 'b.example', { ca: authority.certificate, rejectUnauthorized: true });
    assert.equal(verified.version, 'TLSv1.3');
    assert.equal((await ask(proxy, 'a.example')).status, 200);
    const { fields } = app.last;
    const told = Object.fromEntries(fields.map(([name, value]) => [name.toLowerCase(), value]));
    assert.deepEqual([told['x-forwarded-proto'], told['x-forwarded-port']], ['https', '443']);
  });

  test('negotiates HTTP/1.1, or nothing, or refuses', async () => {
    await using app = await EchoBackend.start();
    await using proxy = await startProxy({ entryPoints, ...serving(app, {}) });
    const protocol = async (offered: readonly string[]) => {
      const { protocol: chosen, error } = await shake(proxy, 'a.example', { ALPNProtocols: [...offered] });
      return error ?? chosen;
    };
    assert.equal(await protocol(['h2', 'http/1.1']), 'http/1.1');
    assert.equal(await protocol([]), false);
    assert.equal(await protocol(['spdy/3']), 'ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL');
  });

  test('speaks TLS 1.2 and 1.3, and nothing older', async () => {
    await using app = await EchoBackend.start();
    await using proxy = await startProxy({ entryPoints, ...serving(app, {}) });
    const version = async (only: 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3') => {
      const ciphers = 'DEFAULT@SECLEVEL=0';
      const shaken = await shake(proxy, 'a.example', { minVersion: only, maxVersion: only, ciphers });
      return shaken.error ?? shaken.version;
    };
    assert.equal(await version('TLSv1.3'), 'TLSv1.3');
    assert.equal(await version('TLSv1.2'), 'TLSv1.2');
    assert.equal(await version('TLSv1.1'), 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION');
  });

  test('resumes sessions by ticket, also after a reload, unless the options forbid it', async () => {
    await using app = await EchoBackend.start();
    const tls = { certificates: pairs(authority.issue(['a.example'])) };
    await using proxy = await startProxy({ entryPoints, ...serving(app, tls) });
    for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
      assert.equal(await resumes(proxy, await ticketOf(proxy, maxVersion), maxVersion), true);
      const before = await ticketOf(proxy, maxVersion);
      const { isNew } = await proxy.proxy.apply(serving(app, { certificates: pairs(authority.issue(['a.example'])) }));
      assert.ok(isNew);
      assert.equal(await resumes(proxy, before, maxVersion), true);
    }
    const before = await ticketOf(proxy, 'TLSv1.3');
    await proxy.proxy.apply(serving(app, { ...tls, options: { default: { disableSessionTickets: true } } }));
    assert.equal(await resumes(proxy, before, 'TLSv1.3'), false);
    await until(() => proxy.proxy.stats().tlsResumed === 4, 'all are counted');
  });
});

/** The ticket that a client gets with its first answer. */
async function ticketOf(proxy: TestProxy, maxVersion: 'TLSv1.2' | 'TLSv1.3'): Promise<Buffer> {
  const socket = open(proxy, 'a.example', { maxVersion });
  try {
    const session = once(socket, 'session') as Promise<[Buffer]>;
    socket.write(request('GET /'));
    const [ticket] = await within(session, 'a ticket');
    return ticket;
  } finally {
    socket.destroy();
  }
}

async function resumes(proxy: TestProxy, session: Buffer, maxVersion: 'TLSv1.2' | 'TLSv1.3'): Promise<boolean> {
  const socket = open(proxy, 'a.example', { session, maxVersion });
  try {
    socket.write(request('GET /'));
    await within(once(socket, 'data'), 'an answer');
    return socket.isSessionReused();
  } finally {
    socket.destroy();
  }
}

test('nobody renegotiates', async () => {
  await using app = await EchoBackend.start();
  await using proxy = await startProxy({ entryPoints, ...serving(app, {}) });
  await using client = await Client.connect(proxy.port('websecure'), { tls: { maxVersion: 'TLSv1.2' } });
  const { socket } = client;
  assert.ok(socket instanceof TLSSocket);
  assert.equal((await client.ask(request('GET /'))).status, 200);
  const refused = assert.rejects(within(once(socket, 'close'), 'the proxy closes'), {
    code: /NO_RENEGOTIATION$/,
  });
  assert.ok(socket.renegotiate({}, () => undefined));
  await refused;
  assert.equal((await ask(proxy, 'a.example')).status, 200);
});

describe('TLS options', () => {
  test('refuse unknown names when they are strict', async () => {
    await using app = await EchoBackend.start();
    const certificates = pairs(authority.issue(['a.example']));
    const options = { default: { sniStrict: true } };
    await using proxy = await startProxy({ entryPoints, ...serving(app, { certificates, options }) });
    assert.equal((await shake(proxy, 'a.example')).subject, 'a.example');
    assert.equal((await shake(proxy, 'b.example')).error, 'ERR_SSL_TLSV1_UNRECOGNIZED_NAME');
    assert.equal((await shake(proxy, '')).error, 'ERR_SSL_TLSV1_UNRECOGNIZED_NAME');
  });

  /** Routers of two hosts with options of their own. */
  const twoHosts = (app: EchoBackend): DynamicConfig => {
    const { http } = everythingTo(app.url);
    const router = (host: string, options: string) => ({ rule: `Host(\`${host}\`)`, service: 'app', tls: { options } });
    return {
      http: {
        ...http,
        routers: { open: router('open.example', 'default'), modern: router('modern.example', 'modern') },
      },
      tls: { options: { modern: { minVersion: 'VersionTLS13' } } },
    };
  };

  test('are those of the host, and requests for another host over them are misdirected', async () => {
    await using app = await EchoBackend.start();
    await using proxy = await startProxy({ entryPoints, ...twoHosts(app) });
    const old = { maxVersion: 'TLSv1.2' } as const;
    assert.equal((await shake(proxy, 'open.example', old)).version, 'TLSv1.2');
    assert.equal((await shake(proxy, 'modern.example', old)).error, 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION');
    assert.equal((await ask(proxy, 'open.example')).status, 200);
    assert.equal((await ask(proxy, 'modern.example')).status, 200);
    assert.deepEqual(await ask(proxy, 'open.example', 'modern.example'), { status: 421, text: 'Misdirected Request' });
    assert.equal((await ask(proxy, 'modern.example', 'open.example')).status, 421);
    assert.equal((await ask(proxy, 'other.example', 'open.example')).status, 200);
    assert.equal(app.requests.length, 3);
  });

  test('that are broken close the door of their host, and of no other', async () => {
    await using app = await EchoBackend.start();
    const { http } = twoHosts(app);
    const { proxy: broken } = await startProxy({ entryPoints });
    await using proxy = new TestProxy(broken);
    await broken.apply({ http: http ?? {}, tls: { options: { modern: { cipherSuites: ['NO_SUCH_SUITE'] } } } });
    assert.equal((await shake(proxy, 'modern.example')).error, 'ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR');
    assert.equal((await ask(proxy, 'open.example')).status, 200);
  });
});

test('certificates are exchanged under load without a failed handshake or request', async () => {
  await using app = await EchoBackend.start();
  const issued = Array.from({ length: 12 }, () => authority.issue(['a.example']));
  const config = (index: number) => serving(app, { certificates: pairs(issued[index] as TestCertificate) });
  await using proxy = await startProxy({ entryPoints, fairlead: { workers: 2 }, ...config(0) });
  const serials = new Set<string>();
  let stopped = false;
  let answered = 0;
  const client = async (): Promise<void> => {
    while (!stopped) {
      await using one = await Client.connect(proxy.port('websecure'), {
        tls: { servername: 'a.example', ca: authority.certificate, rejectUnauthorized: true },
      });
      assert.ok(one.socket instanceof TLSSocket);
      serials.add(one.socket.getPeerCertificate().serialNumber);
      for (let i = 0; i < 3; i++, answered++) assert.equal((await one.ask(request('GET /'))).status, 200);
    }
  };
  const clients = Promise.all(Array.from({ length: 4 }, client));
  try {
    for (let index = 1; index < issued.length; index++) {
      await proxy.proxy.apply(config(index));
      const seen = answered;
      await until(() => answered > seen + 12, 'requests go on');
    }
  } finally {
    stopped = true;
  }
  await clients;
  assert.ok(serials.size >= issued.length / 2, `${serials.size} certificates were seen`);
  assert.equal(proxy.proxy.stats().tlsFailures, 0);
});

describe('a server behind https', () => {
  const good = authority.issue(['up.example', '127.0.0.1']);
  const trust = { rootCAs: [authority.certificate] };
  const cases = [
    { name: 'is believed when an authority vouches for its address', certificate: good, transport: trust, status: 200 },
    {
      name: 'is believed by the name that serverName gives it',
      certificate: authority.issue(['up.example']),
      transport: { ...trust, serverName: 'up.example' },
      status: 200,
    },
    {
      name: 'is believed with any certificate when insecureSkipVerify is set',
      certificate: new Authority('other').issue(['nothing.example']),
      transport: { insecureSkipVerify: true },
      status: 200,
    },
    {
      name: 'is turned away with the certificate of another name',
      certificate: authority.issue(['other.example']),
      transport: trust,
      status: 500,
      fault: /mismatch/i,
    },
    {
      name: 'is turned away from an unknown authority',
      certificate: good,
      transport: {},
      status: 500,
      fault: /unable to get local issuer certificate/,
    },
    {
      name: 'is turned away with an expired certificate',
      certificate: authority.issue(['127.0.0.1'], { until: new Date(Date.now() - 60_000) }),
      transport: trust,
      status: 500,
      fault: /certificate has expired/,
    },
    {
      name: 'is turned away without one of the peer names',
      certificate: good,
      transport: { ...trust, peerCertSANs: [{ type: 'DNSName' as const, value: 'other.example' }] },
      status: 500,
      fault: /none of the accepted names/,
    },
  ];
  for (const { name, certificate, transport, status, fault } of cases) {
    test(name, async () => {
      await using folder = await TestFolder.create();
      await using app = await EchoBackend.start('app', certificate);
      const accessLog = { filePath: folder.file('access.log'), format: 'json' as const };
      await using proxy = await startProxy({ accessLog, ...everythingTo(app.url, { transport }) });
      assert.equal((await proxy.ask(request('GET /'))).status, status);
      assert.equal(app.requests.length, status === 200 ? 1 : 0);
      // An exchange is counted behind its response.
      const stats = () => proxy.proxy.stats();
      await until(() => stats().responses2xx + stats().responses5xx === 1, 'the exchange has ended');
      assert.equal(stats().reasons['upstream_tls'] ?? 0, status === 200 ? 0 : 1);
      const line = await until(
        async () => (await readFile(accessLog.filePath, 'utf8')) || undefined,
        'the line is written',
      );
      const { Fault: said = '' } = JSON.parse(line) as { readonly Fault?: string };
      assert.match(said, fault ?? /^$/);
    });
  }

  test('may not send anything in clear text first', async () => {
    await using app = await EchoBackend.start();
    const url = app.url.replace('http:', 'https:');
    await using proxy = await startProxy(everythingTo(url, { transport: { insecureSkipVerify: true } }));
    assert.equal((await proxy.ask(request('GET /'))).status, 500);
    assert.equal(app.requests.length, 0);
  });

  test('keeps its connection for the next request', async () => {
    await using app = await EchoBackend.start('app', good);
    await using proxy = await startProxy(everythingTo(app.url, { transport: trust }));
    for (let i = 0; i < 5; i++) assert.equal((await proxy.ask(request('GET /'))).status, 200);
    assert.equal(app.connections, 1);
  });
});

describe('a handshake', () => {
  /** A ClientHello as Node sends it. */
  async function hello(): Promise<Buffer> {
    const recorder = createServer().listen(0, '127.0.0.1');
    await once(recorder, 'listening');
    const connection = once(recorder, 'connection') as Promise<[Socket]>;
    const { port } = recorder.address() as AddressInfo;
    const client = connect({ host: '127.0.0.1', port, servername: 'a.example' }).on('error', () => undefined);
    const [socket] = await connection;
    const [bytes] = (await within(once(socket, 'data'), 'a hello')) as [Buffer];
    for (const end of [socket, client]) end.destroy();
    recorder.close();
    return bytes;
  }

  test('that is cut anywhere leaves nothing behind', async () => {
    await using app = await EchoBackend.start();
    await using proxy = await startProxy({ entryPoints, ...serving(app, {}) });
    const bytes = await hello();
    const sizes = Array.from({ length: 40 }, (_, index) => Math.floor((bytes.length * index) / 39));
    for (const end of ['end', 'resetAndDestroy'] as const) {
      await Promise.all(sizes.map((size) => cut(proxy, bytes.subarray(0, size), end)));
    }
    await until(() => proxy.proxy.stats().connectionsOpen === 0, 'all connections are closed');
    assert.equal((await ask(proxy, 'a.example')).status, 200);
  });

  async function cut(proxy: TestProxy, bytes: Buffer, end: 'end' | 'resetAndDestroy'): Promise<void> {
    const socket = connectTcp(proxy.port('websecure'), '127.0.0.1');
    socket.on('error', () => undefined);
    socket.resume();
    await within(once(socket, 'connect'), 'a connection');
    if (bytes.length > 0) await new Promise((resolve) => socket.write(bytes, resolve));
    if (end === 'end') socket.end();
    else socket.resetAndDestroy();
    if (!socket.closed) await within(once(socket, 'close'), `the proxy closes after ${bytes.length} bytes`);
  }

  test('that does not end in time is cut, however slowly bytes come', async () => {
    await using app = await EchoBackend.start();
    const limits = { handshakeTimeout: '300ms' };
    await using proxy = await startProxy({ entryPoints, fairlead: { limits }, ...serving(app, {}) });
    const bytes = await hello();
    const socket = connectTcp(proxy.port('websecure'), '127.0.0.1');
    socket.on('error', () => undefined);
    socket.resume();
    let sent = 0;
    const drip = setInterval(() => socket.write(bytes.subarray(sent, ++sent)), 20);
    const { took } = await timed(async () => within(once(socket, 'close'), 'the proxy gives up', ample));
    clearInterval(drip);
    // By default it would be 10 s.
    assert.ok(took > 200 && took < atMost(8_000), `after ${took} ms`);
    await until(() => proxy.proxy.stats().tlsFailures === 1, 'it is counted');
    await until(() => proxy.proxy.stats().reasons['tls_handshake'] === 1, 'its reason as well');
  });

  test('of something else than TLS is refused, and others go on', async () => {
    await using app = await EchoBackend.start();
    await using proxy = await startProxy({ entryPoints, ...serving(app, {}) });
    await using kept = await Client.connect(proxy.port('websecure'), { tls: { servername: 'a.example' } });
    for (const bytes of [
      'GET / HTTP/1.1\r\nHost: a\r\n\r\n',
      '\x16\x03\x01\xff\xff',
      '\x80\x2e\x01\x03\x01',
      '\0'.repeat(600),
    ]) {
      const socket = connectTcp(proxy.port('websecure'), '127.0.0.1');
      socket.on('error', () => undefined);
      socket.resume();
      socket.end(Buffer.from(bytes, 'latin1'));
      await within(once(socket, 'close'), 'the proxy closes');
    }
    assert.equal((await kept.ask(request('GET /'))).status, 200);
    assert.equal(app.requests.length, 1);
  });
});

test('an idle connection over TLS goes on after a reload', async () => {
  await using app = await EchoBackend.start();
  const tls = { certificates: pairs(authority.issue(['a.example'])) };
  await using proxy = await startProxy({ entryPoints, ...serving(app, tls) });
  await using client = await Client.connect(proxy.port('websecure'), { tls: { servername: 'a.example' } });
  assert.equal((await client.ask(request('GET /'))).status, 200);
  for (let i = 0; i < 3; i++) {
    await proxy.proxy.apply(serving(app, { certificates: pairs(authority.issue(['a.example'])) }));
    assert.equal((await client.ask(request('GET /'))).status, 200);
  }
});

test('large bodies go both ways through TLS', async () => {
  const certificate = authority.issue(['127.0.0.1']);
  await using app = await EchoBackend.start('app', certificate);
  const transport = { rootCAs: [authority.certificate] };
  const { http } = everythingTo(app.url, { transport });
  await using proxy = await startProxy({ entryPoints, ...(http && { http }) });
  await using client = await Client.connect(proxy.port('websecure'), { tls: { servername: 'a.example' } });
  const body = 'x'.repeat(3_000_000);
  const response = await client.ask(`${request('POST /', `Content-Length: ${body.length}`)}${body}`);
  assert.equal(response.status, 200);
  assert.equal(response.echoed.body.length, body.length);
});
