import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { always, EchoBackend, ok, onceThenEnd, RawBackend } from '../support/backends.js';
import { request } from '../support/client.js';
import { until } from '../support/deadline.js';
import { everythingTo, startProxy } from '../support/proxy.js';

describe('connections to servers', () => {
  test('are used again, also for other clients', async () => {
    await using app = await EchoBackend.start();
    await using proxy = await startProxy(everythingTo(app.url));
    for (let client = 0; client < 5; client++) {
      await using connection = await proxy.connect();
      for (let i = 0; i < 10; i++) await connection.ask(request('GET /'));
    }
    assert.equal(app.requests.length, 50);
    assert.equal(app.connections, 1);
  });

  test('are as many as requests run at once', async () => {
    const waiting: (() => void)[] = [];
    await using app = await RawBackend.start(async (conversation) => {
      while ((await conversation.request()) !== undefined) waiting.push(() => conversation.send(ok));
    });
    await using proxy = await startProxy(everythingTo(app.url));
    const round = async (): Promise<void> => {
      const answers = Array.from({ length: 10 }, () => proxy.ask(request('GET /')));
      await until(() => waiting.length === 10, 'ten requests arrive');
      for (const answer of waiting.splice(0)) answer();
      for (const { status } of await Promise.all(answers)) assert.equal(status, 200);
    };
    await round();
    await round();
    assert.equal(app.connections, 10);
  });

  test('are kept up to maxIdleConnsPerHost', async () => {
    const waiting: (() => void)[] = [];
    await using app = await RawBackend.start(async (conversation) => {
      while ((await conversation.request()) !== undefined) waiting.push(() => conversation.send(ok));
    });
    await using proxy = await startProxy(everythingTo(app.url, { transport: { maxIdleConnsPerHost: 3 } }));
    const answers = Array.from({ length: 8 }, () => proxy.ask(request('GET /')));
    await until(() => waiting.length === 8, 'eight requests arrive');
    for (const answer of waiting.splice(0)) answer();
    await Promise.all(answers);
    const open = () => app.conversations.filter(({ reader }) => reader.ending === 'open').length;
    await until(() => open() === 3, 'all but three are closed');
  });

  test('are closed after idleConnTimeout', async () => {
    await using app = await RawBackend.start(always(ok));
    const forwardingTimeouts = { idleConnTimeout: '50ms' };
    await using proxy = await startProxy(everythingTo(app.url, { transport: { forwardingTimeouts } }));
    await proxy.ask(request('GET /'));
    assert.equal(await app.endingOf(0), 'end');
  });

  test('are not used again when the server says so', async () => {
    await using app = await RawBackend.start(
      always('HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok'),
    );
    await using proxy = await startProxy(everythingTo(app.url));
    await using client = await proxy.connect();
    for (let i = 0; i < 3; i++) {
      const response = await client.ask(request('GET /'));
      assert.deepEqual([response.status, response.header('connection')], [200, undefined]);
    }
    assert.equal(app.connections, 3);
  });

  test('that the server closes while idle cost nobody a request', async () => {
    await using app = await RawBackend.start(onceThenEnd(ok));
    await using proxy = await startProxy(everythingTo(app.url));
    await using client = await proxy.connect();
    for (let i = 0; i < 20; i++) assert.equal((await client.ask(request('POST /'))).status, 200);
    assert.equal(app.requests.length, 20);
  });
});

describe('pipelined requests', () => {
  test('are answered in order, a thousand of them (A49)', async () => {
    await using app = await EchoBackend.start();
    await using proxy = await startProxy(everythingTo(app.url));
    await using client = await proxy.connect();
    const count = 1000;
    const bytes = Array.from({ length: count }, (_, index) => request(`GET /${index}`)).join('');
    const sending = client.send(bytes);
    for (let index = 0; index < count; index++) {
      assert.equal((await client.response()).echoed.url, `/${index}`);
    }
    await sending;
    assert.equal(app.connections, 1);
  });

  test('are not read further than the client reads answers (A49)', async () => {
    const size = 64 * 1024;
    await using app = await RawBackend.start(
      always(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n${'x'.repeat(size)}`),
    );
    await using proxy = await startProxy(everythingTo(app.url));
    await using client = await proxy.connect();
    client.reader.pause();
    const count = 400;
    await client.send(Array.from({ length: count }, () => request('GET /')).join(''));
    let before = -1;
    await until(async () => {
      const now = app.requests.length;
      const settled = now > 0 && now === before;
      before = now;
      await new Promise((resolve) => setTimeout(resolve, 200));
      return settled;
    }, 'the proxy stops asking the server');
    assert.ok(before < count / 2, `${before} of ${count} were asked for while nobody read`);
    client.reader.resume();
    for (let index = 0; index < count; index++) assert.equal((await client.response()).body.bytes.length, size);
    assert.equal(app.requests.length, count);
  });

  test('with bodies between them stay apart', async () => {
    await using app = await EchoBackend.start();
    await using proxy = await startProxy(everythingTo(app.url));
    await using client = await proxy.connect();
    await client.send(
      request('POST /1', 'Content-Length: 5') +
        'hello' +
        request('GET /2') +
        request('POST /3', 'Transfer-Encoding: chunked') +
        '3\r\nabc\r\n0\r\n\r\n' +
        request('GET /4', 'Connection: close'),
    );
    const seen: (readonly [string, string])[] = [];
    for (let i = 0; i < 4; i++) {
      const { url, body } = (await client.response()).echoed;
      seen.push([url, body]);
    }
    assert.deepEqual(seen, [
      ['/1', 'hello'],
      ['/2', ''],
      ['/3', 'abc'],
      ['/4', ''],
    ]);
    assert.deepEqual(await client.closed(), { ending: 'end', rest: '' });
  });

  test('after Connection: close are not answered (A50)', async () => {
    await using app = await EchoBackend.start();
    await using proxy = await startProxy(everythingTo(app.url));
    await using client = await proxy.connect();
    await client.send(request('GET /1', 'Connection: close') + request('GET /2'));
    const response = await client.response();
    assert.deepEqual([response.echoed.url, response.header('connection')], ['/1', 'close']);
    assert.equal((await client.closed()).rest, '');
    assert.equal(app.requests.length, 1);
  });
});
