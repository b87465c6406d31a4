import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import { WebSocket, WebSocketServer } from 'ws';
import { EchoBackend, field, RawBackend } from '../support/backends.js';
import { request } from '../support/client.js';
import { ample, atMost, quickest, until, within } from '../support/deadline.js';
import { valueOf } from '../support/http1.js';
import { everythingTo, startProxy, type TestProxy } from '../support/proxy.js';

/** A WebSocket server behind a proxy. */
interface Sockets extends AsyncDisposable {
  readonly proxy: TestProxy;
  readonly server: WebSocketServer;
  readonly app: EchoBackend;
  /** A client that is connected, and the server's end of it. */
  readonly pair: (path?: string, protocols?: readonly string[]) => Promise<readonly [WebSocket, WebSocket]>;
}

async function sockets(timeouts: Readonly<Record<string, string>> = {}): Promise<Sockets> {
  const app = await EchoBackend.start();
  const server = new WebSocketServer({ server: app.server, perMessageDeflate: { threshold: 0 } });
  const entryPoints = { web: { address: '127.0.0.1:0', transport: { respondingTimeouts: timeouts } } };
  const proxy = await startProxy({ entryPoints, ...everythingTo(app.url) });
  const pair = async (path = '/', protocols: readonly string[] = []): Promise<readonly [WebSocket, WebSocket]> => {
    const accepted = once(server, 'connection') as Promise<[WebSocket]>;
    const client = new WebSocket(proxy.url(path).replace('http', 'ws'), [...protocols]);
    client.on('error', () => undefined);
    await within(once(client, 'open'), 'the client is connected');
    return [client, (await within(accepted, 'the server is connected'))[0]];
  };
  return {
    proxy,
    server,
    app,
    pair,
    [Symbol.asyncDispose]: async () => {
      for (const socket of server.clients) socket.terminate();
      server.close();
      await proxy[Symbol.asyncDispose]();
      await app[Symbol.asyncDispose]();
    },
  };
}

const message = async (socket: WebSocket): Promise<Buffer> =>
  (await within(once(socket, 'message') as Promise<[Buffer]>, 'a message'))[0];

describe('D22: a WebSocket', () => {
  test('carries text and bytes both ways, of any size', async () => {
    await using all = await sockets();
    const [client, server] = await all.pair();
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      for (const size of [0, 1, 125, 126, 65_535, 65_536, 5_000_000]) {
        const sent = Buffer.alloc(size, 'a\u00e9\0z');
        const arrived = message(to);
        from.send(sent);
        assert.ok((await arrived).equals(sent), `${size} bytes`);
      }
      const arrived = message(to);
      from.send('grüße');
      assert.equal((await arrived).toString(), 'grüße');
    }
  });

  test('carries many messages at once both ways, in order', async () => {
    await using all = await sockets();
    const [client, server] = await all.pair();
    const count = 2000;
    const collect = async (socket: WebSocket): Promise<readonly string[]> => {
      const seen: string[] = [];
      socket.on('message', (data: Buffer) => seen.push(data.toString()));
      await until(() => seen.length === count, 'all messages arrive');
      return seen;
    };
    const collecting = Promise.all([collect(client), collect(server)]);
    const expected = Array.from({ length: count }, (_, index) => `${index} ${'x'.repeat(index % 500)}`);
    for (const text of expected) {
      client.send(text);
      server.send(text);
    }
    assert.deepEqual(await collecting, [expected, expected]);
  });

  test('outlives the timeouts of requests', async () => {
    const short = atMost(300);
    const timeout = `${short}ms`;
    await using all = await sockets({ idleTimeout: timeout, readTimeout: timeout, writeTimeout: timeout });
    const [client, server] = await all.pair();
    await new Promise((resolve) => setTimeout(resolve, 3 * short));
    const arrived = message(server);
    client.send('still here');
    assert.equal((await arrived).toString(), 'still here');
  });

  test('is asked for with the fields of the client, and the scheme is ws', async () => {
    await using all = await sockets();
    const upgraded = once(all.app.server, 'upgrade') as Promise<[{ url: string; headers: Record<string, string> }]>;
    const [client] = await all.pair('/chat?room=1', ['one', 'two']);
    const [{ url, headers }] = await upgraded;
    assert.equal(url, '/chat?room=1');
    assert.deepEqual(
      [headers['connection'], headers['upgrade'], headers['x-forwarded-proto'], headers['sec-websocket-protocol']],
      ['Upgrade', 'websocket', 'ws', 'one,two'],
    );
    assert.equal(client.protocol, 'one');
    await until(() => proxyGauge(all) === 1, 'it is counted');
  });

  const closings: readonly (readonly [string, (end: WebSocket) => void, number])[] = [
    ['is closed', (end) => end.close(4001, 'enough'), 4001],
    ['is cut', (end) => end.terminate(), 1006],
  ];
  for (const [how, close, code] of closings) {
    for (const side of ['client', 'server'] as const) {
      test(`that the ${side} ends (${how}) ends on the other side within a second`, async () => {
        await using all = await sockets();
        const pairs: (readonly [WebSocket, WebSocket])[] = [];
        while (pairs.length < 5) pairs.push(await all.pair());
        const took = await quickest(async () => {
          const [client, server] = pairs.pop() ?? assert.fail('no pair is left');
          const [one, other] = side === 'client' ? [client, server] : [server, client];
          const closed = once(other, 'close') as Promise<[number]>;
          close(one);
          assert.equal((await within(closed, 'the other side ends'))[0], code);
        }, atMost(1000));
        assert.ok(took < atMost(1000), `${took} ms`);
        for (const [client] of pairs) client.terminate();
        await until(() => proxyGauge(all) === 0, 'nothing is left of it');
      });
    }
  }
});

const proxyGauge = ({ proxy }: Sockets): number => proxy.proxy.stats().upgradesActive;

const handshake = (...fields: readonly string[]): string =>
  request(
    'GET /',
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    'Sec-WebSocket-Version: 13',
    ...fields,
  );
const switching = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nX-Mine: 1\r\n\r\n';

describe('an upgrade', () => {
  test('passes bytes on that came with the request or the answer', async () => {
    await using app = await RawBackend.start(async (conversation) => {
      await conversation.head();
      conversation.send(`${switching}from the server`);
      conversation.send((await conversation.reader.take(15)).toString().toUpperCase());
    });
    await using proxy = await startProxy(everythingTo(app.url));
    await using client = await proxy.connect();
    await client.send(`${handshake()}from the client`);
    const response = await client.response();
    assert.deepEqual([response.status, response.header('x-mine')], [101, '1']);
    assert.deepEqual([response.header('connection'), response.header('upgrade')], ['Upgrade', 'websocket']);
    assert.equal((await client.reader.take(30)).toString(), 'from the serverFROM THE CLIENT');
  });

  test('sends nothing on before the server has agreed', async () => {
    let agree = (): void => undefined;
    await using app = await RawBackend.start(async (conversation) => {
      await conversation.head();
      agree = () => conversation.send(switching);
    });
    await using proxy = await startProxy(everythingTo(app.url));
    await using client = await proxy.connect();
    await client.send(`${handshake()}early`);
    await until(() => app.requests.length === 1, 'the request arrives');
    assert.equal(app.conversations[0]?.reader.rest.length, 0);
    agree();
    assert.equal((await client.response()).status, 101);
    await until(() => app.conversations[0]?.reader.rest.toString() === 'early', 'the bytes arrive');
  });

  for (const status of ['200 OK', '403 Forbidden', '426 Upgrade Required']) {
    test(`that the server refuses with ${status} is an ordinary exchange: what follows is the next request (A32)`, async () => {
      await using app = await RawBackend.start(async (conversation) => {
        while ((await conversation.request()) !== undefined) {
          const marker = `X-Message: ${app.requests.length}`;
          conversation.send(`HTTP/1.1 ${status}\r\n${marker}\r\nContent-Length: 2\r\n\r\nno`);
        }
      });
      await using proxy = await startProxy(everythingTo(app.url));
      await using client = await proxy.connect();
      await client.send(handshake() + request('GET /next'));
      const first = await client.response();
      assert.deepEqual([first.line.slice(9), first.header('x-message'), first.text], [status, '1', 'no']);
      const second = await client.response();
      assert.equal(second.header('x-message'), '2');
      assert.deepEqual(
        app.requests.map(({ line }) => line),
        ['GET / HTTP/1.1', 'GET /next HTTP/1.1'],
      );
      assert.equal(valueOf(app.requests[1]?.fields ?? [], 'upgrade'), undefined);
      // A connection that was asked to become something else is not trusted with another request.
      assert.equal(app.connections, 2);
    });
  }

  const unforwarded: Readonly<Record<string, string>> = {
    'to h2c': request('GET /', 'Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABk'),
    'to h2c among others': request('GET /', 'Connection: Upgrade', 'Upgrade: websocket, h2c'),
    'without the connection option': request('GET /', 'Upgrade: websocket'),
    'beside a body': request('POST /', 'Connection: Upgrade', 'Upgrade: foo', 'Content-Length: 5') + 'hello',
    'beside chunks':
      request('POST /', 'Connection: Upgrade', 'Upgrade: foo', 'Transfer-Encoding: chunked') +
      '5\r\nhello\r\n0\r\n\r\n',
    'from HTTP/1.0': 'GET / HTTP/1.0\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
  };
  for (const [what, bytes] of Object.entries(unforwarded)) {
    test(`${what} is not passed on (A33, A34)`, async () => {
      await using app = await EchoBackend.start();
      await using proxy = await startProxy(everythingTo(app.url));
      assert.equal((await proxy.ask(bytes)).status, 200);
      assert.deepEqual(
        [field(app.last, 'upgrade'), field(app.last, 'http2-settings'), app.last.body],
        [undefined, undefined, what.startsWith('beside') ? 'hello' : ''],
      );
    });
  }

  test('that the server takes without being asked for is no tunnel (A34)', async () => {
    await using app = await RawBackend.start(async (conversation) => {
      await conversation.head();
      conversation.send('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n');
    });
    await using proxy = await startProxy(everythingTo(app.url));
    await using client = await proxy.connect();
    await client.send(`${unforwarded['to h2c']}${request('GET /hidden')}`);
    assert.equal((await client.response()).status, 502);
    await app.endingOf(0);
    assert.equal(app.conversations[0]?.reader.rest.length, 0);
  });
});

describe('a WebSocket handshake that is none is refused (A35)', () => {
  const version = 'Sec-WebSocket-Version: 13';
  const key = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==';
  const upgrade = ['Connection: Upgrade', 'Upgrade: websocket'];
  const faults: Readonly<Record<string, string>> = {
    'without a key': request('GET /', ...upgrade, version),
    'without a version': request('GET /', ...upgrade, key),
    'by POST': request('POST /', ...upgrade, key, version),
  };
  for (const [what, bytes] of Object.entries(faults)) {
    test(what, async () => {
      await using app = await EchoBackend.start();
      await using proxy = await startProxy(everythingTo(app.url));
      assert.equal((await proxy.ask(bytes)).status, 400);
      assert.equal(app.connections, 0);
    });
  }
});

describe('D22: a tunnel loses nothing', () => {
  const size = 16 * 1024 * 1024;
  const bytes = Buffer.alloc(size, Buffer.from(Array.from({ length: 1021 }, (_, index) => index % 256)));

  test('when the server ends it before the client has read everything', async () => {
    await using app = await RawBackend.start(async (conversation) => {
      await conversation.head();
      conversation.send(switching);
      conversation.end(bytes);
    });
    await using proxy = await startProxy(everythingTo(app.url));
    await using client = await proxy.connect();
    await client.send(handshake());
    await client.response();
    client.reader.pause();
    await new Promise((resolve) => setTimeout(resolve, 200));
    client.reader.resume();
    const arrived = await within(client.reader.toEnd(), 'the end', 2 * ample);
    assert.ok(arrived.equals(bytes), `${arrived.length} bytes`);
  });

  test('when the client ends it before the server has read everything', async () => {
    await using app = await RawBackend.start(async (conversation) => {
      await conversation.head();
      conversation.send(switching);
      conversation.reader.pause();
      setTimeout(() => conversation.reader.resume(), 200);
    });
    await using proxy = await startProxy(everythingTo(app.url));
    await using client = await proxy.connect();
    await client.send(handshake());
    await client.response();
    client.socket.end(bytes);
    await app.endingOf(0);
    assert.ok(app.conversations[0]?.reader.rest.equals(bytes), `${app.bytes} bytes`);
  });
});

test('a server that ends without an answer to an upgrade costs 502', async () => {
  await using app = await RawBackend.start(async (conversation) => {
    await conversation.head();
    conversation.end();
  });
  await using proxy = await startProxy(everythingTo(app.url));
  assert.equal((await proxy.ask(handshake())).status, 502);
});
