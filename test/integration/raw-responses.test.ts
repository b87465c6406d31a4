import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { always, ok, RawBackend, type Script } from '../support/backends.js';
import { request, responseOrEnding } from '../support/client.js';
import { everythingTo, startProxy } from '../support/proxy.js';

/** Sends the bytes to the first request and behaves on later connections. */
const badOnce =
  (bytes: string): Script =>
  async (conversation) => {
    if (conversation.index > 0) return always(ok)(conversation);
    await conversation.request();
    conversation.send(bytes);
  };

const head = (...fields: readonly string[]): string => `HTTP/1.1 200 OK\r\n${fields.join('\r\n')}\r\n\r\nhello`;

const refused: Readonly<Record<string, string>> = {
  'status 000': 'HTTP/1.1 000 X\r\nContent-Length: 0\r\n\r\n',
  'status 99': 'HTTP/1.1 99 X\r\nContent-Length: 0\r\n\r\n',
  'status 099': 'HTTP/1.1 099 X\r\nContent-Length: 0\r\n\r\n',
  'status 1000': 'HTTP/1.1 1000 X\r\nContent-Length: 0\r\n\r\n',
  'status of text': 'HTTP/1.1 OK\r\nContent-Length: 0\r\n\r\n',
  'status with a sign': 'HTTP/1.1 +200 OK\r\nContent-Length: 0\r\n\r\n',
  'status behind two spaces': 'HTTP/1.1  200 OK\r\nContent-Length: 0\r\n\r\n',
  'version 2.0': 'HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n',
  'version in lower case': 'http/1.1 200 OK\r\nContent-Length: 0\r\n\r\n',
  'version 1.10': 'HTTP/1.10 200 OK\r\nContent-Length: 0\r\n\r\n',
  'another protocol': 'ICY 200 OK\r\nContent-Length: 0\r\n\r\n',
  'no head at all': '<html><body>hello</body></html>\r\n\r\n',
  'bare LF line ends': 'HTTP/1.1 200 OK\nContent-Length: 5\n\nhello',
  'NUL in the reason': 'HTTP/1.1 200 O\0K\r\nContent-Length: 0\r\n\r\n',
  'both framings': head('Content-Length: 5', 'Transfer-Encoding: chunked'),
  'both framings, the other way round': head('Transfer-Encoding: chunked', 'Content-Length: 5'),
  'two lengths': head('Content-Length: 5', 'Content-Length: 6'),
  'two lengths in one field': head('Content-Length: 5, 6'),
  'a negative length': head('Content-Length: -5'),
  'a length with a plus': head('Content-Length: +5'),
  'a length in hex': head('Content-Length: 0x5'),
  'an empty length': head('Content-Length:'),
  'a length that overflows': head('Content-Length: 18446744073709551621'),
  'an unknown coding': head('Transfer-Encoding: foo'),
  'a coding after chunked': head('Transfer-Encoding: chunked, gzip'),
  'a coding before chunked': head('Transfer-Encoding: gzip, chunked'),
  'chunked twice': head('Transfer-Encoding: chunked', 'Transfer-Encoding: chunked'),
  'chunked in quotes': head('Transfer-Encoding: "chunked"'),
  'chunked from HTTP/1.0': 'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
  'NUL in a value': head('X: a\0b', 'Content-Length: 5'),
  'NUL in a name': head('X\0Y: a', 'Content-Length: 5'),
  'CR in a value': head('X: a\rb', 'Content-Length: 5'),
  'space before a colon': head('X : a', 'Content-Length: 5'),
  'no colon': head('Xa', 'Content-Length: 5'),
  'an empty name': head(': a', 'Content-Length: 5'),
  'a folded line': head('X: a', ' b', 'Content-Length: 5'),
  'a first line that is folded': head(' X: a', 'Content-Length: 5'),
  'a field of 1 MB': head(`Set-Cookie: ${'x'.repeat(1024 * 1024)}`, 'Content-Length: 5'),
  '10 000 fields': head(...Array.from({ length: 10_000 }, (_, index) => `X-${index}: y`), 'Content-Length: 5'),
};

describe('D13, D14, D15: what no response may look like is answered with 502', () => {
  for (const [what, bytes] of Object.entries(refused)) {
    test(what, async () => {
      await using app = await RawBackend.start(badOnce(bytes));
      await using proxy = await startProxy(everythingTo(app.url));
      await using client = await proxy.connect();
      const response = await client.ask(request('GET /'));
      assert.deepEqual([response.status, response.text], [502, 'Bad Gateway']);
      await app.endingOf(0);
      assert.equal((await client.ask(request('GET /'))).text, 'ok');
      assert.equal(app.connections, 2);
    });
  }
});

const chunked = (rest: string): string => `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${rest}`;

const broken: Readonly<Record<string, string>> = {
  'a size of text': chunked('5\r\nhello\r\nxyz\r\n'),
  'an empty size': chunked('5\r\nhello\r\n\r\n0\r\n\r\n'),
  'a size with a sign': chunked('5\r\nhello\r\n+5\r\nhello\r\n0\r\n\r\n'),
  'a size in 0x': chunked('5\r\nhello\r\n0x5\r\nhello\r\n0\r\n\r\n'),
  'a size that overflows': chunked('5\r\nhello\r\n10000000000000005\r\nhello\r\n0\r\n\r\n'),
  'more than the size': chunked('5\r\nhello world\r\n0\r\n\r\n'),
  'bare LF line ends': chunked('5\nhello\n0\n\n'),
  'endless extensions': chunked(`5;${'x'.repeat(20_000)}\r\nhello\r\n0\r\n\r\n`),
  'endless trailers': chunked(`5\r\nhello\r\n0\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`),
  'trailers that are none': chunked('5\r\nhello\r\n0\r\nHTTP/1.1 200 OK\r\n\r\n'),
};

describe('D14: a body whose framing breaks never ends cleanly', () => {
  for (const [what, bytes] of Object.entries(broken)) {
    test(what, async () => {
      await using app = await RawBackend.start(badOnce(bytes));
      await using proxy = await startProxy(everythingTo(app.url));
      await using client = await proxy.connect();
      await client.send(request('GET /'));
      const answer = await responseOrEnding(client);
      if (typeof answer === 'string') assert.doesNotMatch((await client.closed()).rest, /\r\n0\r\n\r\n$/);
      else assert.equal(answer.status, 502);
      await app.endingOf(0);
      assert.equal((await proxy.ask(request('GET /'))).text, 'ok');
    });
  }
});

describe('D11, D12: bytes that no response accounts for', () => {
  const poison = 'HTTP/1.1 200 OK\r\nX-Poison: 1\r\nContent-Length: 6\r\n\r\npoison';
  const extra: readonly (readonly [string, string, string])[] = [
    ['after a response with a length', 'GET', ok + poison],
    ['after chunks', 'GET', chunked('2\r\nok\r\n0\r\n\r\n') + poison],
    ['as the body of an answer to HEAD', 'HEAD', ok],
    ['as the body of 204', 'GET', `HTTP/1.1 204 No Content\r\n\r\n${poison}`],
    ['as the body of 204 that has a length', 'GET', 'HTTP/1.1 204 No Content\r\nContent-Length: 6\r\n\r\npoison'],
    ['as the body of 304', 'GET', `HTTP/1.1 304 Not Modified\r\nContent-Length: 6\r\n\r\npoison`],
  ];
  for (const [where, method, bytes] of extra) {
    test(`${where} reach nobody`, async () => {
      await using app = await RawBackend.start(badOnce(bytes));
      await using proxy = await startProxy(everythingTo(app.url));
      await using client = await proxy.connect();
      const first = await client.ask(request(`${method} /`), method);
      assert.ok([200, 204, 304, 502].includes(first.status));
      assert.doesNotMatch(first.text, /poison/);
      for (let i = 0; i < 3; i++) {
        const next = await client.ask(request('GET /'));
        assert.deepEqual([next.text, next.header('x-poison')], ['ok', undefined]);
      }
      await app.endingOf(0);
    });
  }

  test('on an idle connection reach nobody', async () => {
    let speak = (): void => undefined;
    await using app = await RawBackend.start(async (conversation) => {
      if (conversation.index > 0) return always(ok)(conversation);
      await conversation.request();
      conversation.send(ok);
      speak = () => conversation.send(poison);
    });
    await using proxy = await startProxy(everythingTo(app.url));
    await using client = await proxy.connect();
    assert.equal((await client.ask(request('GET /'))).text, 'ok');
    speak();
    const next = await client.ask(request('GET /'));
    assert.deepEqual([next.text, next.header('x-poison')], ['ok', undefined]);
    await app.endingOf(0);
  });
});
