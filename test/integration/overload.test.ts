// Limits that protect the proxy: it gives things up in order, serves the others, and recovers by itself.
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { createProxy, type Logger } from '../../lib/index.js';
import { type Conversation, EchoBackend, RawBackend } from '../support/backends.js';
import { Client, request, responseOrEnding } from '../support/client.js';
import { atMost, isInstrumented, until, within } from '../support/deadline.js';
import { Load } from '../support/load.js';
import { everythingTo, startProxy, type TestProxy } from '../support/proxy.js';

type Settings = Readonly<Record<string, unknown>>;

const proxyTo = (url: string, limits: Settings, transport: Settings = {}): Promise<TestProxy> =>
  startProxy({
    entryPoints: { web: { address: '127.0.0.1:0', transport } },
    fairlead: { workers: 1, limits },
    ...everythingTo(url),
  });

/** Clients that connect one after the other and do not mind being cut. */
async function crowd(port: number, count: number): Promise<Client[]> {
  const all: Client[] = [];
  for (let i = 0; i < count; i++) {
    const client = await Client.connect(port);
    client.socket.on('error', () => undefined);
    all.push(client);
  }
  return all;
}

/** Sends something and waits for the end of the connection, however it comes. */
async function closedAfter(socket: Client['socket'], bytes: Buffer): Promise<void> {
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  socket.on('error', () => undefined);
  socket.resume();
  socket.end(bytes);
  await within(closed, 'the connection ends');
}

const garbageFrom = (port: number, bytes: Buffer): Promise<void> =>
  closedAfter(connect({ host: '127.0.0.1', port }), bytes);

const leave = (clients: readonly Client[]): void => {
  for (const { socket } of clients) socket.destroy();
};

/** Sends a body without an end for as long as somebody takes it. */
async function flood(conversation: Conversation, length = 1024 ** 4): Promise<void> {
  const piece = Buffer.alloc(64 * 1024);
  conversation.send(`HTTP/1.1 200 OK\r\nContent-Length: ${length}\r\n\r\n`);
  const { socket, reader } = conversation;
  socket.on('error', () => undefined);
  const closed = new Promise((resolve) => socket.once('close', resolve));
  while (reader.ending === 'open' && !socket.destroyed) {
    if (socket.write(piece)) continue;
    await Promise.race([new Promise((resolve) => socket.once('drain', resolve)), closed]);
  }
}

describe('connections', () => {
  test('beyond twice their limit are refused, those within it are served, and there is room again afterwards', async () => {
    await using app = await EchoBackend.start();
    await using proxy = await proxyTo(app.url, { maxConnections: 40 });
    const all = await crowd(proxy.port(), 80);
    await until(() => proxy.proxy.stats().connectionsRefused === 40, 'as many as there are too many are refused');
    const within = all.slice(0, 40);
    const answers = await Promise.all(within.map((client) => client.ask(request('GET /'))));
    assert.ok(answers.every(({ status }) => status === 200));
    await Promise.all(all.slice(40).map((client) => client.closed()));
    leave(all);
    await until(
      async () => (await proxy.ask(request('GET /')).catch(() => undefined))?.status === 200,
      'there is room',
    );
  });

  test('that are idle make room for others at the limit', async () => {
    await using app = await EchoBackend.start();
    await using proxy = await proxyTo(app.url, { maxConnections: 20 });
    const idle = await crowd(proxy.port(), 20);
    for (const client of idle) assert.equal((await client.ask(request('GET /'))).status, 200);
    await delay(1100);
    const others = await crowd(proxy.port(), 15);
    const answers = await Promise.all(others.map((client) => client.ask(request('GET /'))));
    assert.ok(answers.every(({ status }) => status === 200));
    await until(() => proxy.proxy.stats().idleConnectionsClosed >= 15, 'they are counted');
    assert.equal(proxy.proxy.stats().connectionsRefused, 0);
    leave([...idle, ...others]);
  });

  test('E8: a thousand of one address that send garbage are refused beyond its limit, and others are served', async () => {
    await using app = await EchoBackend.start();
    await using proxy = await proxyTo(app.url, { maxConnectionsPerClient: 50 });
    const held = await crowd(proxy.port(), 50);
    const garbage = Buffer.alloc(256 * 1024, '\0\xffGARBAGE\r\n');
    await using other = await Client.connect(proxy.port(), { from: '127.0.0.2' });
    // Not all at once: this process has both ends of each.
    for (let round = 0; round < 5; round++) {
      const flooding = Array.from({ length: 190 }, () => garbageFrom(proxy.port(), garbage));
      for (let i = 0; i < 40; i++) assert.equal((await other.ask(request('GET /'))).status, 200);
      await Promise.all(flooding);
    }
    assert.equal(proxy.proxy.stats().connectionsRefusedClient, 950);
    // Those within the limit may send garbage, each once.
    await Promise.all(held.map(({ socket }) => closedAfter(socket, garbage)));
    assert.equal((await other.ask(request('GET /'))).status, 200);
    assert.equal(app.requests.length, 201);
    await until(() => proxy.proxy.stats().connectionsOpen === 1, 'only the other one is left');
    assert.equal((await proxy.ask(request('GET /'))).status, 200);
  });

  test('of one address are bounded when they shall be', async () => {
    await using app = await EchoBackend.start();
    await using proxy = await proxyTo(app.url, { maxConnectionsPerClient: 5 });
    const all = await crowd(proxy.port(), 8);
    await until(() => proxy.proxy.stats().connectionsRefusedClient === 3, 'the others are refused');
    assert.equal((await all[0]?.ask(request('GET /')))?.status, 200);
    leave(all);
    await until(() => proxy.proxy.stats().connectionsOpen === 0, 'all have gone');
    assert.equal((await proxy.ask(request('GET /'))).status, 200);
  });
});

/** Everything that a proxy logs. */
function logTo(lines: string[]): Logger {
  const note = (line: string): number => lines.push(line);
  return { trace: note, debug: note, info: note, warn: note, error: note };
}

describe('memory', () => {
  test('for buffers is never exceeded; new requests get 503, and are served again when memory suffices', async () => {
    const limit = 4 * 1024 ** 2;
    const lines: string[] = [];
    await using app = await EchoBackend.start();
    const proxy = await createProxy(
      {
        entryPoints: { web: { address: '127.0.0.1:0' } },
        fairlead: { workers: 1, limits: { maxBufferMemory: limit, headTimeout: '60s' } },
        ...everythingTo(app.url),
      },
      { logger: logTo(lines) },
    );
    const port = proxy.addresses['web']?.port ?? 0;
    let most = 0;
    const watch = setInterval(() => (most = Math.max(most, proxy.stats().buffersBytes)), 1);
    // Each begins a head and holds a buffer, until there is no room for a further one.
    const slow: Client[] = [];
    while (proxy.stats().overloadStage < 4) {
      const before = proxy.stats().buffersBytes;
      const [client] = await crowd(port, 1);
      if (client === undefined) break;
      slow.push(client);
      client.socket.write('GET / HTTP/1.1\r\n');
      await until(() => proxy.stats().buffersBytes !== before, 'the buffer is taken');
    }
    await until(() => proxy.stats().overloadAcceptPauses > 0, 'it is counted');

    await using client = await Client.connect(port);
    client.socket.write(request('GET /'));
    const answer = client.response();
    // For it to be accepted, some of the slow ones have to go first.
    const going = [...slow];
    while (client.reader.total === 0 && going.length > 0) {
      going.pop()?.socket.destroy();
      await delay(20);
    }
    const refused = await answer;
    assert.equal(refused.status, 503);
    assert.equal(refused.header('retry-after'), '1');
    assert.equal(refused.header('connection'), 'close');
    await until(() => (proxy.stats().reasons['overload'] ?? 0) > 0, 'it is counted');

    leave(slow);
    await until(() => proxy.stats().overloadStage === 0, 'memory suffices again');
    await using next = await Client.connect(port);
    assert.equal((await next.ask(request('GET /'))).status, 200);
    clearInterval(watch);
    assert.ok(most > 0.9 * limit && most <= limit, `${most} bytes in buffers`);
    assert.ok(
      lines.some((line) => line.startsWith('memory is short: ')),
      lines.join('\n'),
    );
    await proxy.close({ drain: 0 });
  });

  test('of the process is watched as well', { skip: isInstrumented }, async () => {
    await using app = await EchoBackend.start();
    await using proxy = await proxyTo(app.url, { maxMemory: '1MiB' });
    // Before the first look everything is well.
    await until(() => proxy.proxy.stats().overloadStage === 5, 'it is looked at');
    const { memoryBytes, memoryLimitBytes } = proxy.proxy.stats();
    assert.ok(memoryBytes > memoryLimitBytes && memoryLimitBytes === 1024 ** 2);
  });
});

/** What slow clients do, and what must become of them. */
const attacks = [
  {
    name: 'heads that never end',
    limits: { headTimeout: '2s' },
    transport: {},
    first: 'GET / HTTP/1.1\r\nHost: a\r\n',
    drop: 'X: y\r\n',
    ending: 408,
  },
  {
    name: 'bodies that never end',
    limits: {},
    transport: { respondingTimeouts: { readTimeout: '2s' } },
    first: request('POST /', 'Content-Length: 100000'),
    drop: 'x',
    ending: 408,
  },
] as const;

describe('slow clients', () => {
  for (const { name, limits, transport, first, drop, ending } of attacks) {
    test(`with ${name} are ended in time, and nobody else notices`, async () => {
      await using app = await EchoBackend.start();
      await using proxy = await proxyTo(app.url, limits, transport);
      await using load = new Load(proxy.port(), { keeping: 2, fresh: 1 });
      const slow = await crowd(proxy.port(), 200);
      const trickle = setInterval(() => {
        for (const { socket } of slow) socket.write(drop);
      }, 200);
      const took = await Promise.all(
        slow.map(async (client) => {
          const since = performance.now();
          client.socket.write(first);
          const answer = await responseOrEnding(client);
          assert.equal(typeof answer === 'string' ? answer : answer.status, ending);
          return performance.now() - since;
        }),
      );
      clearInterval(trickle);
      await load.stop();
      assert.deepEqual(load.failures, []);
      assert.ok(load.answered > 10, `${load.answered} requests were answered`);
      for (const time of took) assert.ok(time > 1000 && time < atMost(3000), `${time} ms`);
      leave(slow);
    });
  }

  test('that do not read are cut in time, and nobody else notices', async () => {
    await using app = await RawBackend.start(async (conversation) => {
      for (let asked = await conversation.request(); asked !== undefined; asked = await conversation.request()) {
        if (asked.line.includes('/load')) conversation.send('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
        else return flood(conversation);
      }
    });
    await using proxy = await proxyTo(app.url, {}, { respondingTimeouts: { writeTimeout: '2s' } });
    await using load = new Load(proxy.port(), { keeping: 2, fresh: 1 });
    const slow = await crowd(proxy.port(), 40);
    for (const client of slow) {
      client.reader.pause();
      client.socket.write(request('GET /'));
    }
    await until(() => proxy.proxy.stats().reasons['write_timeout'] === slow.length, 'all are cut', 30_000);
    await load.stop();
    assert.deepEqual(load.failures, []);
    assert.ok(load.answered > 10, `${load.answered} requests were answered`);
    leave(slow);
  });
});
