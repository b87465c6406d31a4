import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { always, ok, RawBackend, type Script } from '../support/backends.js';
import { type Client, request, responseOrEnding } from '../support/client.js';
import { until } from '../support/deadline.js';
import { everythingTo, startProxy, TestFolder } from '../support/proxy.js';

/** How a client may go away. */
const leaving: readonly (readonly [string, (client: Client) => void])[] = [
  ['closes', (client) => client.socket.destroy()],
  ['resets', (client) => client.reset()],
  ['says that it will send no more', (client) => client.halfClose()],
];

describe('a client that goes away', () => {
  interface Stage {
    readonly name: string;
    readonly sent: string;
    readonly script: Script;
    /** Resolves when the client may leave. */
    readonly reached: (client: Client, app: RawBackend) => Promise<unknown>;
  }
  const stages: readonly Stage[] = [
    {
      name: 'while it waits',
      sent: request('GET /gone'),
      script: async (conversation) => {
        await conversation.request();
      },
      reached: (_, app) => until(() => app.requests.length === 1, 'the request arrives'),
    },
    {
      name: 'in the middle of the response',
      sent: request('GET /gone'),
      script: async (conversation) => {
        await conversation.request();
        conversation.send('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello');
      },
      reached: async (client) => {
        await client.head();
        await client.reader.take(5);
      },
    },
    {
      name: 'in the middle of its request',
      sent: request('POST /gone', 'Content-Length: 10') + 'hello',
      script: async (conversation) => {
        await conversation.head();
        await conversation.reader.take(10);
      },
      reached: (_, app) => until(() => app.requests.length === 1, 'the head arrives'),
    },
  ];
  for (const stage of stages) {
    for (const [how, leave] of leaving) {
      test(`${stage.name} (${how}) has its request to the server cut, and is logged as 499`, async () => {
        await using folder = await TestFolder.create();
        const filePath = folder.file('access.log');
        await using app = await RawBackend.start(stage.script);
        await using proxy = await startProxy({ accessLog: { filePath, format: 'json' }, ...everythingTo(app.url) });
        await using client = await proxy.connect();
        await client.send(stage.sent);
        await stage.reached(client, app);
        leave(client);
        await app.endingOf(0);
        const [line = ''] = await folder.lines('access.log');
        const { DownstreamStatus, Reason, RequestPath } = JSON.parse(line) as Readonly<Record<string, unknown>>;
        assert.deepEqual([DownstreamStatus, Reason, RequestPath], [499, 'client_closed', '/gone']);
        await until(() => proxy.proxy.stats().requestsActive === 0, 'nothing is left of it');
        await until(() => proxy.proxy.stats().reasons['client_closed'] === 1, 'it is counted');
      });
    }
  }

  test('leaves nothing for the next one', async () => {
    let index = 0;
    await using app = await RawBackend.start(async (conversation) => {
      for (;;) {
        const asked = await conversation.request();
        if (asked === undefined) return;
        const body = `${asked.line.split(' ')[1]}`.padEnd(2000, '.');
        conversation.send(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body.slice(0, 1000)}`);
        await new Promise((resolve) => setTimeout(resolve, index++ % 3));
        conversation.send(body.slice(1000));
      }
    });
    await using proxy = await startProxy(everythingTo(app.url));
    for (let i = 0; i < 60; i++) {
      await using leaver = await proxy.connect();
      await leaver.send(request(`GET /leaver${i}`));
      await leaver.head();
      leaver.reset();
      const response = await proxy.ask(request(`GET /stayer${i}`));
      assert.equal(response.text.replace(/\.+$/, ''), `/stayer${i}`);
    }
  });
});

describe('D5: a server that dies in the middle of a body', () => {
  const started = {
    'with a length': 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello',
    'in chunks': 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n',
    'within a chunk': 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\na\r\nhello',
    'before the end of the trailers': 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n',
  };
  const versions = { '1.1': request('GET /'), '1.0': 'GET / HTTP/1.0\r\nHost: a\r\n\r\n' };
  for (const [framing, bytes] of Object.entries(started)) {
    for (const [version, asked] of Object.entries(versions)) {
      for (const how of ['end', 'reset'] as const) {
        test(`${framing}, by ${how}: a client of HTTP/${version} sees that it is cut`, async () => {
          await using app = await RawBackend.start(async (conversation) => {
            await conversation.request();
            conversation.send(bytes);
          });
          await using proxy = await startProxy(everythingTo(app.url));
          await using client = await proxy.connect();
          await client.send(asked);
          assert.equal((await client.head()).status, 200);
          const [conversation] = app.conversations;
          if (how === 'end') conversation?.end();
          else conversation?.reset();
          const { ending, rest } = await client.closed();
          assert.equal(ending, 'reset');
          assert.doesNotMatch(rest, /0\r\n\r\n$/);
          await until(() => proxy.proxy.stats().reasons['upstream_truncated'] === 1, 'it is counted');
        });
      }
    }
  }
});

describe('a request that is cut', () => {
  const parts = {
    'with a length': request('POST /', 'Content-Length: 10') + 'hello',
    'in chunks': request('POST /', 'Transfer-Encoding: chunked') + '5\r\nhello\r\n',
    'within a chunk': request('POST /', 'Transfer-Encoding: chunked') + 'a\r\nhello',
    'before the end of the trailers': request('POST /', 'Transfer-Encoding: chunked') + '5\r\nhello\r\n0\r\nX: y\r\n',
  };
  for (const [framing, bytes] of Object.entries(parts)) {
    for (const [how, leave] of leaving) {
      test(`${framing} (${how}) never looks complete to the server (A26)`, async () => {
        await using app = await RawBackend.start(always(ok));
        await using proxy = await startProxy(everythingTo(app.url));
        await using client = await proxy.connect();
        await client.send(bytes);
        await until(() => app.bytes > 0, 'the head arrives at the server');
        leave(client);
        await app.endingOf(0);
        assert.equal(app.requests.length, 0);
        assert.equal((await proxy.ask(request('GET /'))).status, 200);
      });
    }
  }
});

describe('D9: a server that answers before it has the whole request', () => {
  const refusal = 'HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\n\r\nbig';
  const scripts: readonly (readonly [string, Script])[] = [
    ['and reads no more', async (conversation) => (await conversation.head(), conversation.send(refusal))],
    [
      'and closes',
      async (conversation) => {
        await conversation.head();
        conversation.end(refusal);
        conversation.socket.destroySoon();
      },
    ],
  ];
  for (const [how, script] of scripts) {
    test(`${how} has its answer delivered; neither connection is used again`, async () => {
      await using app = await RawBackend.start((conversation) =>
        conversation.index === 0 ? script(conversation) : always(ok)(conversation),
      );
      await using proxy = await startProxy(everythingTo(app.url));
      await using client = await proxy.connect();
      client.socket.write(request('POST /', `Content-Length: ${1024 ** 3}`));
      const stop = setInterval(() => client.socket.writable && client.socket.write(Buffer.alloc(10_000)), 1);
      const response = await responseOrEnding(client);
      clearInterval(stop);
      assert.ok(typeof response !== 'string');
      assert.deepEqual([response.status, response.text, response.header('connection')], [413, 'big', 'close']);
      await client.closed();
      await app.endingOf(0);
      assert.equal((await proxy.ask(request('GET /'))).text, 'ok');
      assert.equal(app.connections, 2);
    });
  }

  test('sees the rest of the request when it wants it', async () => {
    await using app = await RawBackend.start(async (conversation) => {
      await conversation.head();
      conversation.send('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
      for (let i = 0; i < 3; i++) {
        const piece = (await conversation.reader.take(5)).toString();
        conversation.send(`5\r\n${piece.toUpperCase()}\r\n`);
      }
      conversation.send('0\r\n\r\n');
    });
    await using proxy = await startProxy(everythingTo(app.url));
    await using client = await proxy.connect();
    await client.send(request('POST /', 'Content-Length: 15'));
    assert.equal((await client.head()).status, 200);
    for (const piece of ['hello', 'again', 'there']) {
      await client.send(piece);
      assert.equal(await client.reader.line(), '5');
      assert.equal(await client.reader.line(), piece.toUpperCase());
    }
    assert.equal(await client.reader.line(), '0');
  });
});
