// The same as overload.test.ts with crowds of two thousand, and slow readers of bodies without an end.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Conversation, EchoBackend, RawBackend } from '../support/backends.js';
import { Client, request, responseOrEnding } from '../support/client.js';
import { until } from '../support/deadline.js';
import { Load } from '../support/load.js';
import { everythingTo, startProxy, type TestProxy } from '../support/proxy.js';

type Settings = Readonly<Record<string, unknown>>;

const slowClients = 2000;
/** What a deadline may be missed by. */
const slack = 1000;

const proxyTo = (url: string, limits: Settings, respondingTimeouts: Settings = {}): Promise<TestProxy> =>
  startProxy({
    entryPoints: { web: { address: '127.0.0.1:0', transport: { respondingTimeouts } } },
    fairlead: { workers: 1, limits },
    ...everythingTo(url),
  });

/** Clients that come one after the other and send something at once. */
async function crowd(port: number, count: number, first: string, joined?: (client: Client) => void): Promise<Client[]> {
  const all: Client[] = [];
  for (let i = 0; i < count; i++) {
    const client = await Client.connect(port);
    client.socket.on('error', () => undefined);
    client.socket.write(first);
    joined?.(client);
    all.push(client);
  }
  return all;
}

const leave = (clients: readonly Client[]): void => {
  for (const { socket } of clients) socket.destroy();
};

const small = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const endless = `HTTP/1.1 200 OK\r\nContent-Length: ${1024 ** 4}\r\n\r\n`;
const piece = Buffer.alloc(64 * 1024);

/** Answers `/load` at once, and everything else with a body that has no end. */
async function serveEndlessly(conversation: Conversation): Promise<void> {
  const { socket, reader } = conversation;
  socket.on('error', () => undefined);
  for (let asked = await conversation.request(); asked !== undefined; asked = await conversation.request()) {
    if (asked.line.includes('/load')) {
      conversation.send(small);
      continue;
    }
    conversation.send(endless);
    const closed = new Promise((resolve) => socket.once('close', resolve));
    while (reader.ending === 'open' && !socket.destroyed) {
      if (socket.write(piece)) continue;
      await Promise.race([new Promise((resolve) => socket.once('drain', resolve)), closed]);
    }
    return;
  }
}

/** Milliseconds until the client is told that it took too long. */
async function endingOf(client: Client): Promise<number> {
  const since = performance.now();
  const answer = await responseOrEnding(client);
  assert.equal(typeof answer === 'string' ? answer : answer.status, 408);
  return performance.now() - since;
}

const attacks = [
  {
    name: 'heads that never end',
    limits: { headTimeout: '5s' },
    timeouts: {},
    first: 'GET / HTTP/1.1\r\nHost: a\r\n',
    drop: 'X: y\r\n',
  },
  {
    name: 'bodies that never end',
    limits: {},
    timeouts: { readTimeout: '5s' },
    first: request('POST /', 'Content-Length: 100000'),
    drop: 'x',
  },
] as const;

describe('two thousand slow clients', () => {
  for (const { name, limits, timeouts, first, drop } of attacks) {
    test(`with ${name} are ended in time, and nobody else notices`, async () => {
      await using app = await EchoBackend.start();
      await using proxy = await proxyTo(app.url, limits, timeouts);
      await using load = new Load(proxy.port(), { keeping: 2, fresh: 1 });
      const endings: Promise<number>[] = [];
      const trickling: Client[] = [];
      const trickle = setInterval(() => {
        for (const { socket } of trickling) if (socket.writable) socket.write(drop);
      }, 1000);
      const slow = await crowd(proxy.port(), slowClients, first, (client) => {
        trickling.push(client);
        endings.push(endingOf(client));
      });
      const took = await Promise.all(endings);
      clearInterval(trickle);
      await load.stop();
      assert.deepEqual(load.failures, []);
      assert.ok(load.answered > 10, `${load.answered} requests were answered`);
      const late = took.filter((time) => Math.abs(time - 5000) > slack);
      assert.deepEqual(late, []);
      leave(slow);
    });
  }

  test('that do not read are cut in time, and nobody else notices', async () => {
    await using app = await RawBackend.start(serveEndlessly);
    await using proxy = await proxyTo(app.url, {}, { writeTimeout: '5s' });
    await using load = new Load(proxy.port(), { keeping: 2, fresh: 1 });
    // In waves: each fills buffers of the kernel with megabytes.
    for (let wave = 1; wave <= 20; wave++) {
      const slow = await crowd(proxy.port(), slowClients / 20, request('GET /'), ({ reader }) => reader.pause());
      await until(
        () => proxy.proxy.stats().reasons['write_timeout'] === (wave * slowClients) / 20,
        'all are cut',
        60_000,
      );
      leave(slow);
    }
    await load.stop();
    assert.deepEqual(load.failures, []);
    assert.ok(load.answered > 10, `${load.answered} requests were answered`);
  });
});

test('slow readers never take more memory than there is; the others are served again once they have gone', async () => {
  const limit = 32 * 1024 ** 2;
  await using app = await RawBackend.start(serveEndlessly);
  await using proxy = await proxyTo(app.url, { maxBufferMemory: limit });
  let most = 0;
  let highest = 0;
  const watch = setInterval(() => {
    const { buffersBytes, overloadStage } = proxy.proxy.stats();
    most = Math.max(most, buffersBytes);
    highest = Math.max(highest, overloadStage);
  }, 1);
  const readers = await crowd(proxy.port(), 400, request('GET /'), ({ reader }) => reader.pause());
  await until(() => highest >= 1, 'memory becomes short', 60_000);
  await until(() => proxy.proxy.stats().buffersBytes > 0.6 * limit, 'it stays so', 60_000);
  leave(readers);
  await until(() => proxy.proxy.stats().overloadStage === 0, 'memory suffices again', 60_000);
  assert.equal((await proxy.ask(request('GET /load'))).status, 200);
  clearInterval(watch);
  assert.ok(most <= limit, `${most} bytes in buffers`);
});
