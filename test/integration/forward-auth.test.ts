import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { MiddlewareInput } from '../../lib/index.js';
import {
  always,
  closedPort,
  type Conversation,
  EchoBackend,
  field,
  onceThenEnd,
  RawBackend,
} from '../support/backends.js';
import { request, responseOrEnding } from '../support/client.js';
import { until } from '../support/deadline.js';
import { valuesOf } from '../support/http1.js';
import { everythingTo, startProxy, TestFolder, type TestProxy } from '../support/proxy.js';

type Options = Omit<NonNullable<MiddlewareInput['forwardAuth']>, 'address'>;

const answer = (status: string, fields: readonly string[] = [], body = ''): string =>
  [`HTTP/1.1 ${status}`, `Content-Length: ${Buffer.byteLength(body)}`, ...fields, '', body].join('\r\n');

interface Setup {
  readonly proxy: TestProxy;
  readonly app: EchoBackend;
  readonly auth: RawBackend;
}

/** A proxy that asks a server of these bytes, or of this script, before it forwards. */
async function guarded(
  says: string | Parameters<typeof RawBackend.start>[0],
  run: (setup: Setup) => Promise<void>,
  options: Options = {},
): Promise<void> {
  await using app = await EchoBackend.start();
  await using auth = await RawBackend.start(typeof says === 'string' ? always(says) : says);
  const forwardAuth = { address: `${auth.url}/check?from=proxy`, ...options };
  await using proxy = await startProxy(everythingTo(app.url, { middlewares: [{ forwardAuth }] }));
  await run({ proxy, app, auth });
}

describe('a request that the authentication server allows', () => {
  test('is forwarded; the server is told whose request it is', () =>
    guarded(answer('200 OK'), async ({ proxy, app, auth }) => {
      const response = await proxy.ask(request('POST /path?q=1', 'Cookie: a=b', 'Content-Length: 4') + 'body');
      assert.deepEqual([response.status, app.last.body], [200, 'body']);
      const [asked] = auth.requests;
      assert.ok(asked);
      assert.equal(asked.line, 'GET /check?from=proxy HTTP/1.1');
      assert.deepEqual(
        ['Method', 'Uri', 'Host', 'Proto', 'For'].map((name) => valuesOf(asked.fields, `X-Forwarded-${name}`)),
        [['POST'], ['/path?q=1'], ['a'], ['http'], ['127.0.0.1']],
      );
      assert.deepEqual(valuesOf(asked.fields, 'Cookie'), ['a=b']);
      assert.deepEqual([asked.body.framing, valuesOf(asked.fields, 'Content-Length')], ['none', []]);
    }));

  test('carries the listed headers of the answer, and never those that the client made up', () =>
    guarded(
      answer('200 OK', ['X-User: real', 'X-Role-One: reader', 'X-Other: no']),
      async ({ proxy }) => {
        const forged = ['X-User: forged', 'x-user: twice', 'X_User: alias', 'X-Missing: forged', 'X-Role-Two: forged'];
        const { echoed } = await proxy.ask(request('GET /', ...forged, 'X-Other: own'));
        assert.deepEqual(valuesOf(echoed.fields, 'X-User'), ['real']);
        assert.deepEqual(
          ['X_User', 'X-Missing', 'X-Role-One', 'X-Role-Two', 'X-Other'].map((name) => field(echoed, name)),
          [undefined, undefined, 'reader', undefined, 'own'],
        );
      },
      { authResponseHeaders: ['X-User', 'X-Missing'], authResponseHeadersRegex: '^X-Role-' },
    ));

  test('has its body sent as well where that is wanted, and forwarded whole', () =>
    guarded(
      answer('204 No Content'),
      async ({ proxy, app, auth }) => {
        const body = 'x'.repeat(100_000);
        const head = request('PUT /', 'Transfer-Encoding: chunked');
        const response = await proxy.ask(`${head}${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`);
        assert.equal(response.status, 200);
        assert.equal(app.last.body, body);
        assert.deepEqual(
          [auth.requests[0]?.line.split(' ')[0], auth.requests[0]?.body.bytes.toString()],
          ['PUT', body],
        );
      },
      { forwardBody: true, preserveRequestMethod: true },
    ));

  test('brings cookies of the answer to the client', () =>
    guarded(
      answer('200 OK', ['Set-Cookie: session=1; Path=/', 'Set-Cookie: other=2']),
      async ({ proxy }) => {
        const response = await proxy.ask(request('GET /'));
        assert.deepEqual(response.headers('Set-Cookie'), ['session=1; Path=/']);
      },
      { addAuthCookiesToResponse: ['session'] },
    ));

  test('waits for a slow server, and nobody else waits with it', async () => {
    const asked: Conversation[] = [];
    await guarded(
      async (conversation) => {
        for (let next = await conversation.request(); next !== undefined; next = await conversation.request()) {
          if (valuesOf(next.fields, 'X-Slow').length > 0) asked.push(conversation);
          else conversation.send(answer('200 OK'));
        }
      },
      async ({ proxy, app }) => {
        const slow = proxy.ask(request('GET /slow', 'X-Slow: yes'));
        const conversation = await until(() => asked[0], 'the slow question arrives');
        assert.equal((await proxy.ask(request('GET /fast'))).status, 200);
        assert.equal(app.requests.length, 1);
        conversation.send(answer('200 OK'));
        assert.equal((await slow).echoed.url, '/slow');
      },
    );
  });

  test('has its user in the access log', async () => {
    await using folder = await TestFolder.create();
    await using app = await EchoBackend.start();
    await using auth = await RawBackend.start(always(answer('200 OK', ['X-User: jane doe"'])));
    const forwardAuth = { address: auth.url, headerField: 'X-User' };
    await using proxy = await startProxy({
      accessLog: { filePath: folder.file('access.log') },
      ...everythingTo(app.url, { middlewares: [{ forwardAuth }] }),
    });
    await proxy.ask(request('GET /'));
    const [line = ''] = await folder.lines('access.log');
    assert.match(line, /^127\.0\.0\.1 - jane_doe_ \[/);
  });
});

describe('a request that the authentication server denies', () => {
  test('is answered with what that server says', () =>
    guarded(
      answer(
        '403 Forbidden',
        ['X-Why: because', 'Content-Type: text/plain', 'Connection: X-Hop', 'X-Hop: 1'],
        'no entry',
      ),
      async ({ proxy, app }) => {
        const response = await proxy.ask(request('GET /'));
        assert.deepEqual([response.status, response.text, response.header('X-Why')], [403, 'no entry', 'because']);
        assert.equal(response.header('X-Hop'), undefined);
        assert.equal(app.requests.length, 0);
      },
    ));

  test('is redirected where that server says; a relative place is one of that server', () =>
    guarded(answer('302 Found', ['Location: /login?x=1']), async ({ proxy, app, auth }) => {
      const response = await proxy.ask(request('GET /'));
      assert.deepEqual([response.status, response.header('Location')], [302, `${auth.url}/login?x=1`]);
      assert.equal(app.requests.length, 0);
      assert.equal(auth.requests.length, 1);
    }));

  test('leaves its connection usable, whatever becomes of its body', () =>
    guarded(answer('401 Unauthorized'), async ({ proxy, app }) => {
      await using client = await proxy.connect();
      const response = await client.ask(request('POST /', 'Content-Length: 5') + 'hello');
      assert.equal(response.status, 401);
      if (response.header('Connection') === 'close') return;
      assert.equal((await client.ask(request('GET /'))).status, 401);
      assert.equal(app.requests.length, 0);
    }));
});

describe('D17: without an answer nothing passes', () => {
  test('when the server is down', async () => {
    await using app = await EchoBackend.start();
    const forwardAuth = { address: `http://127.0.0.1:${await closedPort()}` };
    await using proxy = await startProxy(everythingTo(app.url, { middlewares: [{ forwardAuth }] }));
    assert.equal((await proxy.ask(request('GET /'))).status, 500);
    assert.equal(app.requests.length, 0);
  });

  const broken: readonly (readonly [string, string, number])[] = [
    ['the server ends without an answer', '', 500],
    ['the answer is no HTTP', 'what?\r\n\r\n', 500],
    ['the answer ends early', 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf', 500],
    ['the head of the answer never ends', `HTTP/1.1 200 OK\r\nX-Long: ${'x'.repeat(2_000_000)}`, 500],
    ['the server fails', answer('503 Service Unavailable'), 503],
    ['the answer is too large', answer('200 OK', [], 'x'.repeat(2000)), 401],
    ['the answer is too large and does not say so', 'HTTP/1.1 200 OK\r\n\r\n' + 'x'.repeat(2000), 401],
  ];
  for (const [why, bytes, status] of broken) {
    test(`when ${why}`, () =>
      guarded(
        onceThenEnd(bytes),
        async ({ proxy, app }) => {
          assert.equal((await proxy.ask(request('GET /'))).status, status);
          assert.equal(app.requests.length, 0);
        },
        { maxResponseBodySize: 1000 },
      ));
  }

  test('when the server redirects to itself for ever, which is asked once', () =>
    guarded(
      async (conversation) => {
        while ((await conversation.request()) !== undefined) {
          conversation.send(answer('302 Found', ['Location: /check?from=proxy']));
        }
      },
      async ({ proxy, app, auth }) => {
        assert.equal((await proxy.ask(request('GET /'))).status, 302);
        assert.deepEqual([app.requests.length, auth.requests.length], [0, 1]);
      },
    ));

  const slow: readonly (readonly [string, Parameters<typeof RawBackend.start>[0]])[] = [
    [
      'nothing comes',
      async (conversation) => {
        await conversation.request();
      },
    ],
    [
      'the body comes too slowly',
      async (conversation) => {
        await conversation.request();
        conversation.send('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngo');
      },
    ],
  ];
  for (const [why, script] of slow) {
    test(`when ${why} within the timeout`, () =>
      guarded(
        script,
        async ({ proxy, app, auth }) => {
          assert.equal((await proxy.ask(request('GET /'))).status, 500);
          // The connection is not kept: the rest of that answer may still come.
          await auth.endingOf(0);
          assert.equal(app.requests.length, 0);
        },
        { timeout: '100ms' },
      ));
  }

  test('when the body is larger than may be sent there', () =>
    guarded(
      answer('200 OK'),
      async ({ proxy, app, auth }) => {
        const announced = await proxy.ask(request('POST /', 'Content-Length: 2000') + 'x'.repeat(2000));
        assert.equal(announced.status, 401);
        await using client = await proxy.connect();
        const chunk = `3e8\r\n${'x'.repeat(1000)}\r\n`;
        await client.send(`${request('POST /', 'Transfer-Encoding: chunked')}${chunk}${chunk}`);
        const response = await responseOrEnding(client);
        assert.equal(typeof response === 'string' ? response : response.status, 401);
        assert.deepEqual([app.requests.length, auth.requests.length], [0, 0]);
      },
      { forwardBody: true, maxBodySize: 1000 },
    ));

  test('when the client goes while the server is asked, the question is cut', async () => {
    await guarded(
      async (conversation) => {
        await conversation.request();
      },
      async ({ proxy, app, auth }) => {
        await using client = await proxy.connect();
        await client.send(request('GET /'));
        await until(() => auth.requests.length === 1, 'the question arrives');
        client.reset();
        await auth.endingOf(0);
        assert.equal(app.requests.length, 0);
      },
    );
  });
});

describe('what the authentication server is told of forwarded headers', () => {
  const forged = [
    'X-Forwarded-Uri: /public',
    'X-Forwarded-Method: HEAD',
    'X-Forwarded-For: 10.0.0.1',
    'X-Real-Ip: 10.0.0.1',
  ];
  for (const trustForwardHeader of [undefined, false, true]) {
    test(`is not what an untrusted client says (trustForwardHeader: ${trustForwardHeader})`, () =>
      guarded(
        answer('200 OK'),
        async ({ proxy, auth }) => {
          await proxy.ask(request('DELETE /private', ...forged, 'X_Forwarded_Uri: /public'));
          const fields = auth.requests[0]?.fields ?? [];
          assert.deepEqual(valuesOf(fields, 'X-Forwarded-Uri'), ['/private']);
          assert.deepEqual(valuesOf(fields, 'X-Forwarded-Method'), ['DELETE']);
          assert.deepEqual(valuesOf(fields, 'X-Forwarded-For'), ['127.0.0.1']);
          assert.deepEqual(valuesOf(fields, 'X_Forwarded_Uri'), []);
        },
        trustForwardHeader === undefined ? {} : { trustForwardHeader },
      ));
  }

  test('is only what is listed', () =>
    guarded(
      answer('200 OK'),
      async ({ proxy, auth }) => {
        await proxy.ask(request('GET /', 'X-One: 1', 'X-Two: 2', 'Cookie: a=b'));
        const fields = auth.requests[0]?.fields ?? [];
        assert.deepEqual(
          ['X-One', 'X-Two', 'Cookie'].map((name) => valuesOf(fields, name)),
          [['1'], [], []],
        );
      },
      { authRequestHeaders: ['X-One'] },
    ));
});
