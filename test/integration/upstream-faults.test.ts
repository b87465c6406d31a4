import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { always, closedPort, EchoBackend, ok, onceThenEnd, RawBackend, type Script } from '../support/backends.js';
import { request } from '../support/client.js';
import { ample, atMost, quickest, timed, until } from '../support/deadline.js';
import { fullBacklog } from '../support/full-backlog.js';
import { everythingTo, startProxy } from '../support/proxy.js';

const silent: Script = async (conversation) => {
  await conversation.request();
};
const refusing = async (): Promise<string> => `http://127.0.0.1:${await closedPort()}`;
const post = request('POST /', 'Content-Length: 5') + 'hello';

describe('D1: a server that refuses connections', () => {
  test('costs 502 at once', async () => {
    await using proxy = await startProxy(everythingTo(await refusing()));
    await using client = await proxy.connect();
    const took = await quickest(async () => {
      const response = await client.ask(request('GET /'));
      assert.deepEqual([response.status, response.text], [502, 'Bad Gateway']);
    }, atMost(100));
    assert.ok(took < atMost(100), `${took} ms`);
  });

  test('is passed over for any method, and the request arrives once', async () => {
    await using app = await EchoBackend.start();
    const urls = [await refusing(), app.url, await refusing()];
    await using proxy = await startProxy(everythingTo(urls));
    await using client = await proxy.connect();
    for (let i = 0; i < 9; i++) {
      assert.equal((await client.ask(i % 2 === 0 ? post : request('GET /'))).status, 200);
    }
    assert.equal(app.requests.length, 9);
    assert.ok(app.requests.every(({ method, body }) => body === (method === 'POST' ? 'hello' : '')));
  });

  test('is asked again as soon as it is back', async () => {
    await using app = await EchoBackend.start('back');
    const { port } = app;
    await app[Symbol.asyncDispose]();
    await using proxy = await startProxy(everythingTo(`http://127.0.0.1:${port}`));
    assert.equal((await proxy.ask(request('GET /'))).status, 502);
    app.server.listen(port, '127.0.0.1');
    await until(() => app.server.listening, 'the server is back');
    assert.equal((await proxy.ask(request('GET /'))).status, 200);
  });

  test('and all others too: 502 with the body read or not', async () => {
    await using proxy = await startProxy(everythingTo([await refusing(), await refusing(), await refusing()]));
    assert.equal((await proxy.ask(post)).status, 502);
    assert.equal((await proxy.ask(request('GET /'))).status, 502);
  });
});

test('a service without servers answers 503', async () => {
  await using proxy = await startProxy(everythingTo([]));
  const response = await proxy.ask(request('GET /'));
  assert.deepEqual([response.status, response.text], [503, 'no available server\n']);
  assert.equal(response.header('content-type'), 'text/plain; charset=utf-8');
});

describe('D2: a server that cannot be reached', () => {
  test('costs 504 after dialTimeout', async () => {
    await using full = await fullBacklog();
    const forwardingTimeouts = { dialTimeout: '200ms' };
    await using proxy = await startProxy(everythingTo(full.url, { transport: { forwardingTimeouts } }));
    const { result, took } = await timed(() => proxy.ask(request('GET /')));
    assert.deepEqual([result.status, result.text], [504, 'Gateway Timeout']);
    assert.ok(took >= 190 && took < ample, `${took} ms`);
  });

  test('is passed over after dialTimeout, for any method', async () => {
    await using full = await fullBacklog();
    await using app = await EchoBackend.start();
    const forwardingTimeouts = { dialTimeout: `${atMost(300)}ms` };
    await using proxy = await startProxy(everythingTo([full.url, app.url], { transport: { forwardingTimeouts } }));
    for (let i = 0; i < 4; i++) assert.equal((await proxy.ask(post)).status, 200);
    assert.equal(app.requests.length, 4);
  });
});

/** Answers the first request of a connection and then does something else to the second. */
const secondTime =
  (then: Script): Script =>
  async (conversation) => {
    await conversation.request();
    conversation.send(ok);
    // Later connections behave.
    if (conversation.index > 0) {
      await always(ok)(conversation);
      return;
    }
    if ((await conversation.request()) !== undefined) await then(conversation);
  };

describe('D3: a kept connection that fails before a byte of response', () => {
  const failures: readonly (readonly [string, Script])[] = [
    ['with an end', (conversation) => conversation.end()],
    ['with a reset', (conversation) => conversation.reset()],
  ];
  for (const [how, failure] of failures) {
    for (const method of ['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']) {
      test(`${how}: ${method} is sent once more on a new one`, async () => {
        await using app = await RawBackend.start(secondTime(failure));
        await using proxy = await startProxy(everythingTo(app.url));
        await using client = await proxy.connect();
        assert.equal((await client.ask(request('GET /first'))).status, 200);
        assert.equal((await client.ask(request(`${method} /second`), method)).status, 200);
        assert.equal(app.requests.length, 3);
        assert.equal(app.connections, 2);
      });
    }
    for (const [what, bytes] of [
      ['POST', post],
      ['PATCH', request('PATCH /', 'Content-Length: 0')],
      ['PUT with a body', request('PUT /', 'Content-Length: 5') + 'hello'],
    ] as const) {
      test(`${how}: ${what} is never sent twice`, async () => {
        await using app = await RawBackend.start(secondTime(failure));
        await using proxy = await startProxy(everythingTo(app.url));
        await using client = await proxy.connect();
        assert.equal((await client.ask(request('GET /first'))).status, 200);
        assert.equal((await client.ask(bytes)).status, 502);
        assert.equal(app.requests.length, 2);
      });
    }
  }

  test('is replaced once only', async () => {
    await using app = await RawBackend.start(async (conversation) => {
      if ((await conversation.request()) !== undefined && conversation.index === 0) conversation.send(ok);
      else conversation.reset();
      if ((await conversation.request()) !== undefined) conversation.reset();
    });
    await using proxy = await startProxy(everythingTo(app.url));
    assert.equal((await proxy.ask(request('GET /'))).status, 200);
    assert.equal((await proxy.ask(request('GET /'))).status, 502);
    assert.equal(app.requests.length, 3);
  });
});

describe('D4: a new connection that fails after the request', () => {
  const scripts: readonly (readonly [string, Script])[] = [
    ['ends', onceThenEnd('')],
    [
      'is reset',
      async (conversation) => {
        await conversation.request();
        conversation.reset();
      },
    ],
    ['ends in the status line', onceThenEnd('HTTP/1.1 2')],
    ['ends in the head', onceThenEnd('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n')],
    [
      'is reset in the head',
      async (conversation) => {
        await conversation.request();
        conversation.send('HTTP/1.1 200 OK\r\nContent-Le');
        setTimeout(() => conversation.reset(), 20);
      },
    ],
    ['ends after an interim response', onceThenEnd('HTTP/1.1 103 Early Hints\r\n\r\n')],
  ];
  for (const [how, script] of scripts) {
    test(`${how}: 502, and the request is not sent again`, async () => {
      await using app = await RawBackend.start(script);
      await using proxy = await startProxy(everythingTo(app.url));
      await using client = await proxy.connect();
      assert.equal((await client.ask(request('GET /'))).status, 502);
      assert.equal((await client.ask(request('POST /', 'Content-Length: 0'))).status, 502);
      assert.equal(app.requests.length, 2);
      assert.equal(app.connections, 2);
    });
  }
});

describe('D7: a server that does not answer', () => {
  test('costs 504 after responseHeaderTimeout, and its connection is closed', async () => {
    await using app = await RawBackend.start(silent);
    const forwardingTimeouts = { responseHeaderTimeout: '150ms' };
    await using proxy = await startProxy(everythingTo(app.url, { transport: { forwardingTimeouts } }));
    await using client = await proxy.connect();
    for (const bytes of [request('GET /'), post]) {
      const { result, took } = await timed(() => client.ask(bytes));
      assert.deepEqual([result.status, result.text], [504, 'Gateway Timeout']);
      assert.ok(took >= 140 && took < ample, `${took} ms`);
    }
    await app.endingOf(0);
    await app.endingOf(1);
    assert.equal(app.requests.length, 2);
  });

  test('is not waited for before it has the whole request', async () => {
    await using app = await RawBackend.start(always(ok));
    const timeout = atMost(500);
    const forwardingTimeouts = { responseHeaderTimeout: `${timeout}ms` };
    await using proxy = await startProxy(everythingTo(app.url, { transport: { forwardingTimeouts } }));
    await using client = await proxy.connect();
    await client.send(request('POST /', 'Content-Length: 5'));
    for (const letter of 'hello') {
      await new Promise((resolve) => setTimeout(resolve, timeout / 3));
      await client.send(letter);
    }
    assert.equal((await client.response()).status, 200);
  });

  test('may take its time over the body', async () => {
    const timeout = atMost(500);
    await using app = await RawBackend.start(async (conversation) => {
      await conversation.request();
      conversation.send('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no');
      setTimeout(() => conversation.send('k'), 2 * timeout);
    });
    const forwardingTimeouts = { responseHeaderTimeout: `${timeout}ms` };
    await using proxy = await startProxy(everythingTo(app.url, { transport: { forwardingTimeouts } }));
    assert.equal((await proxy.ask(request('GET /'))).text, 'ok');
  });
});
