import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { always, EchoBackend, field, ok, onceThenEnd, RawBackend } from '../support/backends.js';
import { request } from '../support/client.js';
import { everythingTo, startProxy } from '../support/proxy.js';
import { valueOf } from '../support/http1.js';

const chunkedHead = (line: string, ...fields: string[]): string =>
  request(line, 'Transfer-Encoding: chunked', ...fields);

describe('a request body', () => {
  test('of known length arrives with it', async () => {
    await using app = await EchoBackend.start();
    await using proxy = await startProxy(everythingTo(app.url));
    await proxy.ask(request('POST /', 'Content-Length: 5') + 'hello');
    assert.deepEqual([app.last.body, field(app.last, 'content-length')], ['hello', '5']);
    assert.equal(field(app.last, 'transfer-encoding'), undefined);
  });

  test('in chunks arrives in chunks, without extensions', async () => {
    await using app = await RawBackend.start(always(ok));
    await using proxy = await startProxy(everythingTo(app.url));
    await proxy.ask(chunkedHead('POST /') + '5;name=value\r\nhello\r\n00006;x\r\n world\r\n000\r\n\r\n');
    const [arrived] = app.requests;
    assert.deepEqual([arrived?.body.framing, arrived?.body.bytes.toString()], ['chunked', 'hello world']);
    assert.equal(valueOf(arrived?.fields ?? [], 'content-length'), undefined);
  });

  test('of large size arrives whole, in either framing', async () => {
    await using app = await EchoBackend.start();
    await using proxy = await startProxy(everythingTo(app.url));
    await using client = await proxy.connect();
    const body = Buffer.from(Array.from({ length: 300_000 }, (_, index) => index % 251)).toString('latin1');
    await client.ask(request('PUT /', `Content-Length: ${body.length}`) + body);
    assert.ok(app.last.body === body);
    await client.ask(`${chunkedHead('PUT /')}${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`);
    assert.ok(app.last.body === body);
    assert.equal(app.connections, 1);
  });

  test('goes with any method (A52)', async () => {
    await using app = await EchoBackend.start();
    await using proxy = await startProxy(everythingTo(app.url));
    await using client = await proxy.connect();
    for (const method of ['GET', 'HEAD', 'DELETE', 'OPTIONS', 'PATCH']) {
      assert.equal((await client.ask(request(`${method} /`, 'Content-Length: 3') + 'abc', method)).status, 200);
      assert.deepEqual([app.last.method, app.last.body], [method, 'abc']);
    }
  });

  test('that is empty is said to be so where one is expected', async () => {
    await using app = await EchoBackend.start();
    await using proxy = await startProxy(everythingTo(app.url));
    for (const [head, length] of [
      [request('POST /', 'Content-Length: 0'), '0'],
      [request('POST /'), '0'],
      [request('GET /'), undefined],
    ] as const) {
      assert.equal((await proxy.ask(head)).status, 200);
      assert.equal(field(app.last, 'content-length'), length);
    }
    await proxy.ask(chunkedHead('POST /') + '0\r\n\r\n');
    assert.equal(app.last.body, '');
  });

  test('has its trailers passed on, but for those that say how to read the message or who sent it (A24)', async () => {
    await using app = await EchoBackend.start();
    await using proxy = await startProxy(everythingTo(app.url));
    const forbidden = [
      'Content-Length: 1',
      'Transfer-Encoding: chunked',
      'Host: b',
      'Authorization: x',
      'X-Forwarded-For: 9.9.9.9',
    ];
    const trailers = ['X-Sum: abc', ...forbidden, 'x-second: d'].join('\r\n');
    const response = await proxy.ask(
      `${chunkedHead('POST /', 'Trailer: X-Sum')}5\r\nhello\r\n0\r\n${trailers}\r\n\r\n`,
    );
    assert.equal(response.status, 200);
    assert.deepEqual(app.last.trailers, [
      ['X-Sum', 'abc'],
      ['x-second', 'd'],
    ]);
    assert.deepEqual([field(app.last, 'host'), field(app.last, 'authorization')], ['a', undefined]);
    assert.deepEqual([field(app.last, 'x-forwarded-for'), field(app.last, 'trailer')], ['127.0.0.1', 'X-Sum']);
  });

  test('is passed on as it comes', async () => {
    await using app = await RawBackend.start(async (conversation) => {
      await conversation.head();
      for (const piece of ['one', 'two', 'three']) {
        conversation.send(`HTTP/1.1 103 Early Hints\r\nX-Got: ${await pieceOf(conversation, piece.length)}\r\n\r\n`);
      }
      conversation.send(ok);
    });
    const pieceOf = async ({ reader }: RawBackend['conversations'][number], length: number): Promise<string> => {
      assert.equal(Number.parseInt(await reader.line(), 16), length);
      const bytes = await reader.take(length);
      await reader.line();
      return bytes.toString();
    };
    await using proxy = await startProxy(everythingTo(app.url));
    await using client = await proxy.connect();
    await client.send(chunkedHead('POST /'));
    for (const piece of ['one', 'two', 'three']) {
      await client.send(`${piece.length}\r\n${piece}\r\n`);
      assert.equal((await client.head()).header('x-got'), piece);
    }
    await client.send('0\r\n\r\n');
    assert.equal((await client.response()).status, 200);
    assert.deepEqual(app.failures, []);
  });
});

describe('a response body', () => {
  test('in chunks arrives in chunks, without extensions, with its trailers', async () => {
    const chunks = '5;x=y\r\nhello\r\n6\r\n world\r\n0\r\nX-Sum: 1\r\nContent-Length: 9\r\n\r\n';
    await using app = await RawBackend.start(
      always(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n${chunks}`),
    );
    await using proxy = await startProxy(everythingTo(app.url));
    await using client = await proxy.connect();
    for (let i = 0; i < 2; i++) {
      const { body, fields } = await client.ask(request('GET /', 'TE: trailers'));
      assert.deepEqual([body.framing, body.bytes.toString()], ['chunked', 'hello world']);
      assert.deepEqual(body.trailers, [['X-Sum', '1']]);
      assert.equal(valueOf(fields, 'trailer'), 'X-Sum');
    }
    assert.equal(app.connections, 1);
  });

  test('D6: that ends with the connection is sent in chunks, and the client keeps its connection', async () => {
    await using app = await RawBackend.start(onceThenEnd('HTTP/1.1 200 OK\r\n\r\nuntil the end'));
    await using proxy = await startProxy(everythingTo(app.url));
    await using client = await proxy.connect();
    for (let i = 0; i < 2; i++) {
      const { body } = await client.ask(request('GET /'));
      assert.deepEqual([body.framing, body.bytes.toString()], ['chunked', 'until the end']);
    }
    assert.equal(app.connections, 2);
  });

  test('that ends with the connection ends an HTTP/1.0 one with it', async () => {
    await using app = await RawBackend.start(onceThenEnd('HTTP/1.0 200 OK\r\n\r\nuntil the end'));
    await using proxy = await startProxy(everythingTo(app.url));
    await using client = await proxy.connect();
    const response = await client.ask('GET / HTTP/1.0\r\nHost: a\r\n\r\n');
    assert.deepEqual([response.body.framing, response.text], ['close', 'until the end']);
    assert.equal((await client.closed()).ending, 'end');
  });

  const bodiless: readonly (readonly [string, string, string, string | undefined])[] = [
    ['HEAD', 'HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n', '200', '1234'],
    ['HEAD', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n', '200', undefined],
    ['HEAD', 'HTTP/1.1 200 OK\r\n\r\n', '200', undefined],
    ['GET', 'HTTP/1.1 204 No Content\r\n\r\n', '204', undefined],
    ['GET', 'HTTP/1.1 304 Not Modified\r\nETag: "x"\r\nContent-Length: 99\r\n\r\n', '304', '99'],
    ['GET', 'HTTP/1.1 304 Not Modified\r\n\r\n', '304', undefined],
    ['GET', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n', '200', '0'],
  ];
  for (const [method, answer, status, length] of bodiless) {
    test(`is not there: ${method}, ${JSON.stringify(answer.slice(9, -4))}; both connections are kept`, async () => {
      await using app = await RawBackend.start(always(answer));
      await using proxy = await startProxy(everythingTo(app.url));
      await using client = await proxy.connect();
      for (let i = 0; i < 3; i++) {
        const response = await client.ask(request(`${method} /`), method);
        assert.deepEqual([`${response.status}`, response.header('content-length')], [status, length]);
        assert.deepEqual([response.header('connection'), response.header('transfer-encoding')], [undefined, undefined]);
        assert.equal(response.text, '');
      }
      assert.equal(app.connections, 1);
    });
  }

  test('D8: is passed on as it comes', async () => {
    let proceed = (): void => undefined;
    await using app = await RawBackend.start(async (conversation) => {
      await conversation.request();
      conversation.send('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n');
      for (const piece of ['one', 'two', 'end']) {
        await new Promise<void>((resolve) => {
          proceed = resolve;
        });
        conversation.send(piece);
      }
    });
    await using proxy = await startProxy(everythingTo(app.url));
    await using client = await proxy.connect();
    await client.send(request('GET /'));
    assert.equal((await client.head()).status, 200);
    for (const piece of ['one', 'two', 'end']) {
      proceed();
      assert.equal((await client.reader.take(3)).toString(), piece);
    }
  });
});

describe('unusual sizes', () => {
  test('chunks of one byte pass up to a limit; beyond it the request is refused and the server sees no end (A23)', async () => {
    await using app = await EchoBackend.start();
    await using proxy = await startProxy(everythingTo(app.url));
    const bytes = (count: number): string => `${chunkedHead('POST /')}${'1\r\nx\r\n'.repeat(count)}0\r\n\r\n`;
    assert.equal((await proxy.ask(bytes(10_000))).status, 200);
    assert.equal(app.last.body.length, 10_000);
    await using client = await proxy.connect();
    client.socket.write(bytes(1_000_000));
    const response = await client.response();
    assert.deepEqual([response.status, response.header('connection')], [400, 'close']);
    assert.equal(app.requests.length, 1);
  });

  test('hundreds of cookies arrive (A55)', async () => {
    const cookies = Array.from({ length: 400 }, (_, index) => `Set-Cookie: c${index}=${'v'.repeat(100)}`);
    await using app = await RawBackend.start(
      always(`HTTP/1.1 200 OK\r\n${cookies.join('\r\n')}\r\nContent-Length: 0\r\n\r\n`),
    );
    await using proxy = await startProxy(everythingTo(app.url));
    const response = await proxy.ask(request('GET /', `Cookie: ${'c=v; '.repeat(5000)}last=1`));
    assert.equal(response.headers('set-cookie').length, 400);
    assert.equal(valueOf(app.requests[0]?.fields ?? [], 'cookie')?.length, 5000 * 5 + 6);
  });
});
