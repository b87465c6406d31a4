import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { describe, test } from 'node:test';
import { type RawData, WebSocket, WebSocketServer } from 'ws';
import { type Conversation, EchoBackend, ok, RawBackend } from '../support/backends.js';
import { request } from '../support/client.js';
import { until, within } from '../support/deadline.js';
import { Deployment, replaceFile } from '../support/deployment.js';
import { Load } from '../support/load.js';
import { everythingTo, startProxy } from '../support/proxy.js';

/** A configuration that differs from every other one in a router that nobody asks for. */
const withUnrelated = (urls: string | readonly string[], number: number): object => {
  const { http } = everythingTo(urls);
  return {
    http: { ...http, routers: { ...http?.routers, other: { rule: `Host(\`other${number}\`)`, service: 'app' } } },
  };
};

describe('when the configuration changes', () => {
  test('F12: requests in flight end on the old one, the next ones of the same connections take the new one', async () => {
    let asked: Conversation | undefined;
    await using old = await RawBackend.start(async (conversation) => {
      while ((await conversation.request())?.line === 'GET /kept HTTP/1.1') conversation.send(ok);
      asked = conversation;
    });
    await using fresh = await EchoBackend.start('fresh');
    await using proxy = await Deployment.start({ 'dynamic.yml': everythingTo(old.url) });
    await using busy = await proxy.connect();
    await using kept = await proxy.connect();
    await using unused = await proxy.connect();
    assert.equal((await kept.ask(request('GET /kept'))).text, 'ok');
    await busy.send(request('GET /old'));
    const conversation = await until(() => asked, 'the old server is asked');
    await proxy.change('dynamic.yml', everythingTo(fresh.url));
    assert.equal((await kept.ask(request('GET /'))).echoed.name, 'fresh');
    assert.equal((await unused.ask(request('GET /'))).echoed.name, 'fresh');
    await until(() => proxy.proxy.stats().snapshotsLive === 2, 'only the old one is still held');
    conversation.send(ok);
    assert.equal((await busy.response()).text, 'ok');
    assert.equal((await busy.ask(request('GET /new'))).echoed.url, '/new');
    await until(() => proxy.proxy.stats().snapshotsLive === 1, 'the old configuration is freed');
  });

  test('a body that is being sent arrives whole', async () => {
    await using app = await EchoBackend.start();
    await using proxy = await Deployment.start({ 'dynamic.yml': everythingTo(app.url) });
    await using client = await proxy.connect();
    await client.send(request('POST /', 'Content-Length: 10') + 'hello');
    await proxy.change('dynamic.yml', withUnrelated(app.url, 1));
    assert.equal((await client.ask('world')).echoed.body, 'helloworld');
  });

  test('WebSockets stay open and work through fifty changes', async () => {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    server.on('connection', (socket) => socket.on('message', (data: RawData) => socket.send(data as Buffer)));
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    await using proxy = await Deployment.start({ 'dynamic.yml': everythingTo(url) });
    const sockets = Array.from({ length: 5 }, () => new WebSocket(`ws://127.0.0.1:${proxy.port()}/`));
    try {
      await within(Promise.all(sockets.map((socket) => once(socket, 'open'))), 'all open');
      for (let change = 0; change < 50; change++) {
        await proxy.change('dynamic.yml', withUnrelated(url, change));
        for (const [index, socket] of sockets.entries()) {
          const echoed = once(socket, 'message');
          socket.send(`${change} ${index}`);
          const [data] = (await within(echoed, 'an echo')) as [Buffer];
          assert.equal(data.toString(), `${change} ${index}`);
        }
      }
      assert.equal(server.clients.size, 5);
      await until(() => proxy.proxy.stats().upgradesActive === 5, 'all are counted');
      await until(() => proxy.proxy.stats().snapshotsLive === 1, 'no tunnel holds a configuration');
    } finally {
      for (const socket of sockets) socket.terminate();
      server.close();
    }
  });

  test('connections to servers and the turn of the servers stay, unless the change is about them', async () => {
    await using one = await EchoBackend.start('one');
    await using two = await EchoBackend.start('two');
    await using three = await EchoBackend.start('three');
    const servers = [one, two, three];
    const urls = servers.map(({ url }) => url);
    await using proxy = await Deployment.start({ 'dynamic.yml': withUnrelated(urls, 0) });
    await using client = await proxy.connect();
    const names: string[] = [];
    for (let change = 1; change <= 10; change++) {
      names.push((await client.ask(request('GET /'))).echoed.name);
      await proxy.change('dynamic.yml', withUnrelated(urls, change));
    }
    assert.deepEqual(new Set(names.slice(0, 3)), new Set(['one', 'two', 'three']));
    assert.deepEqual(names.slice(3), names.slice(0, -3));
    assert.deepEqual(
      servers.map(({ connections }) => connections),
      [1, 1, 1],
    );
    const { diff } = await proxy.change('dynamic.yml', withUnrelated(urls.slice(1), 10));
    assert.deepEqual([diff.services.changed, diff.routers.changed], [['app@file'], []]);
    const left = new Set<string>();
    for (let i = 0; i < 4; i++) left.add((await client.ask(request('GET /'))).echoed.name);
    assert.deepEqual(left, new Set(['two', 'three']));
    assert.deepEqual([two.connections, three.connections], [1, 1]);
  });

  test('the state of a rate limit stays', async () => {
    await using app = await EchoBackend.start();
    const limited = (number: number): object => {
      const { http } = everythingTo(app.url, { middlewares: [{ rateLimit: { average: 1, period: '1h', burst: 3 } }] });
      const other = { rule: `Host(\`other${number}\`)`, service: 'app' };
      return { http: { ...http, routers: { ...http?.routers, other } } };
    };
    await using proxy = await Deployment.start({ 'dynamic.yml': limited(0) });
    const statuses: number[] = [];
    for (let change = 1; change <= 5; change++) {
      statuses.push((await proxy.ask(request('GET /'))).status);
      await proxy.change('dynamic.yml', limited(change));
    }
    assert.deepEqual(statuses, [200, 200, 200, 429, 429]);
  });

  test('no request fails under steady load', async () => {
    await using one = await EchoBackend.start('one');
    await using two = await EchoBackend.start('two');
    await using proxy = await startProxy({ fairlead: { workers: 2 }, ...everythingTo(one.url) });
    await using load = new Load(proxy.port());
    for (let change = 0; change < 100; change++) {
      const before = load.answered;
      // Servers, middlewares and routers come and go.
      const middlewares = change % 3 === 0 ? [{ addPrefix: { prefix: `/${change}` } }] : [];
      const urls = [[one.url], [two.url], [one.url, two.url]][change % 3] ?? [];
      await proxy.proxy.apply(everythingTo(urls, { middlewares, rule: `PathPrefix(\`/\`) || Host(\`h${change}\`)` }));
      await until(() => load.answered > before, 'an answer on the new configuration');
    }
    await load.stop();
    assert.deepEqual(load.failures, []);
    assert.equal(proxy.proxy.stats().responses5xx, 0);
    await until(() => proxy.proxy.stats().snapshotsLive === 1, 'old configurations are freed');
  });

  test('no request fails while files change under load', async () => {
    await using one = await EchoBackend.start('one');
    await using two = await EchoBackend.start('two');
    await using proxy = await Deployment.start({ 'dynamic.yml': everythingTo(one.url) });
    await using load = new Load(proxy.port());
    for (let change = 0; change < 20; change++) {
      const before = load.answered;
      await proxy.change('dynamic.yml', everythingTo(change % 2 === 0 ? two.url : one.url));
      await until(() => load.answered > before + 6, 'answers on the new configuration');
    }
    await load.stop();
    assert.deepEqual(load.failures, []);
    assert.ok(one.requests.length > 0 && two.requests.length > 0);
  });
});

describe('no new generation is made', () => {
  test('of a file that says the same in other words', async () => {
    await using app = await EchoBackend.start();
    const text = JSON.stringify(everythingTo(app.url), undefined, 2);
    await using proxy = await Deployment.start({ 'dynamic.yml': text });
    let generations = 0;
    proxy.proxy.on('generation', () => generations++);
    assert.deepEqual(await proxy.attempt('dynamic.yml', `# a remark\n${text}\n`), []);
    assert.equal(generations, 0);
    const { generation } = await proxy.change('dynamic.yml', withUnrelated(app.url, 1));
    assert.equal(generation, 2);
  });

  test('of a file that is only touched', async () => {
    await using app = await EchoBackend.start();
    await using proxy = await Deployment.start({ 'dynamic.yml': everythingTo(app.url) });
    const told: number[] = [];
    proxy.proxy.on('generation', ({ generation }) => told.push(generation));
    await replaceFile(proxy.folder.file('dynamic.yml'), everythingTo(app.url));
    proxy.proxy.reload();
    await proxy.change('dynamic.yml', withUnrelated(app.url, 1));
    assert.deepEqual(told, [2]);
  });
});
