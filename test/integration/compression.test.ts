import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import { brotliDecompressSync, createBrotliDecompress, createGunzip, gunzipSync } from 'node:zlib';
import { always, type Conversation, RawBackend, type Script } from '../support/backends.js';
import { type Client, request } from '../support/client.js';
import { until, within } from '../support/deadline.js';
import { everythingTo, startProxy, type TestProxy } from '../support/proxy.js';

/** Node learnt zstd in version 22; the program of the system is used where there is one. */
const hasZstd = spawnSync('zstd', ['--version']).status === 0;
const decoders: Readonly<Record<string, (bytes: Buffer) => Buffer>> = {
  gzip: (bytes) => gunzipSync(bytes),
  br: (bytes) => brotliDecompressSync(bytes),
  zstd: (bytes) => execFileSync('zstd', ['-d', '-c'], { input: bytes, maxBuffer: 64 * 1024 * 1024 }),
};
const codings = ['gzip', 'br', ...(hasZstd ? ['zstd'] : [])];

const megabyte = 1024 * 1024;
const words = Buffer.from('The quick brown fox jumps over the lazy dog. '.repeat(3000));
const bodies: Readonly<Record<string, Buffer>> = {
  'a text': words,
  'bytes without any order': randomBytes(300_000),
  'five megabytes': Buffer.alloc(5 * megabyte, words),
};

const chunked = (bytes: Buffer, size: number): Buffer => {
  const parts: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += size) {
    const piece = bytes.subarray(at, at + size);
    parts.push(Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from('\r\n'));
  }
  return Buffer.concat([...parts, Buffer.from('0\r\n\r\n')]);
};

/** A response of this body, with its length or in chunks. */
const responseOf = (body: Buffer, framing: 'length' | 'chunked', ...fields: readonly string[]): Buffer => {
  const framed = framing === 'length' ? `Content-Length: ${body.length}` : 'Transfer-Encoding: chunked';
  const head = ['HTTP/1.1 200 OK', 'Content-Type: text/plain', framed, ...fields].join('\r\n');
  return Buffer.concat([Buffer.from(`${head}\r\n\r\n`), framing === 'length' ? body : chunked(body, 10_000)]);
};

const answering =
  (bytes: Buffer): Script =>
  async (conversation) => {
    while ((await conversation.request()) !== undefined) conversation.send(bytes);
  };

/** A proxy that compresses what this server sends. */
async function compressing(script: Script, run: (proxy: TestProxy) => Promise<void>, options = {}): Promise<void> {
  await using app = await RawBackend.start(script);
  await using proxy = await startProxy(everythingTo(app.url, { middlewares: [{ compress: options }] }));
  await run(proxy);
}

describe('a compressed body decodes to what the server sent', () => {
  for (const coding of codings) {
    for (const [name, body] of Object.entries(bodies)) {
      for (const framing of ['length', 'chunked'] as const) {
        test(`${coding}, ${name} (${framing})`, () =>
          compressing(answering(responseOf(body, framing, 'ETag: "1"')), async (proxy) => {
            const response = await proxy.ask(request('GET /', `Accept-Encoding: ${coding}`));
            assert.deepEqual(
              [response.header('Content-Encoding'), response.header('Vary')],
              [coding, 'Accept-Encoding'],
            );
            assert.deepEqual([response.header('Content-Length'), response.header('ETag')], [undefined, 'W/"1"']);
            assert.equal(response.body.framing, 'chunked');
            const decoded = decoders[coding]?.(response.body.bytes) ?? Buffer.alloc(0);
            assert.ok(decoded.equals(body), `${decoded.length} bytes`);
            if (name !== 'bytes without any order') assert.ok(response.body.bytes.length < body.length / 10);
          }));
      }
    }
  }
});

describe('a body stays as it is', () => {
  interface Row {
    readonly why: string;
    readonly asks?: readonly string[];
    readonly method?: string;
    readonly body?: Buffer;
    readonly fields?: readonly string[];
    readonly options?: object;
  }
  const gzip = ['Accept-Encoding: gzip'];
  const rows: readonly Row[] = [
    { why: 'when the client names no coding' },
    { why: 'when the client refuses every coding', asks: ['Accept-Encoding: gzip;q=0, identity'] },
    { why: 'when it is small', asks: gzip, body: Buffer.from('small') },
    { why: 'when it is encoded already', asks: gzip, fields: ['Content-Encoding: br'] },
    { why: 'when it may not be changed', asks: gzip, fields: ['Cache-Control: no-transform'] },
    { why: 'when it is a part', asks: gzip, fields: ['Content-Range: bytes 0-1/2'] },
    { why: 'for HEAD', asks: gzip, method: 'HEAD', body: Buffer.alloc(0) },
    { why: 'of an excluded type', asks: gzip, options: { excludedContentTypes: ['text/plain'] } },
    { why: 'that is not of an included type', asks: gzip, options: { includedContentTypes: ['text/html'] } },
  ];
  for (const { why, asks = [], method = 'GET', body = words, fields = [], options = {} } of rows) {
    test(why, () =>
      compressing(
        answering(responseOf(body, 'length', ...fields)),
        async (proxy) => {
          const response = await proxy.ask(request(`${method} /`, ...asks), method);
          const encoding = fields.includes('Content-Encoding: br') ? 'br' : undefined;
          assert.deepEqual([response.status, response.header('Content-Encoding')], [200, encoding]);
          assert.ok(response.body.bytes.equals(body));
        },
        options,
      ),
    );
  }
});

/** Waits until the client has decoded this much, while the response goes on. */
async function decodedSoFar(client: Client, coding: string, expected: string): Promise<void> {
  const decoder = coding === 'br' ? createBrotliDecompress() : createGunzip();
  let text = '';
  decoder.on('data', (piece: Buffer) => (text += piece.toString()));
  const reading = (async () => {
    while (text !== expected) {
      const size = Number.parseInt(await client.reader.line(), 16);
      decoder.write(await client.reader.take(size));
      await client.reader.line();
      await until(() => decoder.writableLength === 0, 'the piece is decoded');
    }
  })();
  await within(reading, `"${expected}" arrives`);
  decoder.destroy();
}

describe('a stream', () => {
  test('of events is not compressed, and every event arrives at once', async () => {
    let server: Conversation | undefined;
    const script: Script = async (conversation) => {
      await conversation.request();
      server = conversation;
      const type = 'Content-Type: text/event-stream';
      conversation.send(`HTTP/1.1 200 OK\r\n${type}\r\nTransfer-Encoding: chunked\r\n\r\n`);
    };
    await compressing(script, async (proxy) => {
      await using client = await proxy.connect();
      await client.send(request('GET /', 'Accept-Encoding: gzip, br, zstd', 'Accept: text/event-stream'));
      const head = await client.head();
      assert.deepEqual([head.status, head.header('Content-Encoding')], [200, undefined]);
      for (let event = 0; event < 5; event++) {
        const text = `data: ${event}\n\n`;
        server?.send(`${text.length.toString(16)}\r\n${text}\r\n`);
        assert.equal(await client.reader.line(), text.length.toString(16));
        assert.equal((await client.reader.take(text.length)).toString(), text);
        await client.reader.line();
      }
    });
  });

  for (const coding of ['gzip', 'br']) {
    test(`of another type is compressed (${coding}), and what the server has flushed arrives`, async () => {
      let server: Conversation | undefined;
      const script: Script = async (conversation) => {
        await conversation.request();
        server = conversation;
        conversation.send('HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n');
        conversation.send('5\r\nhello\r\n');
      };
      await compressing(script, async (proxy) => {
        await using client = await proxy.connect();
        await client.send(request('GET /', `Accept-Encoding: ${coding}`));
        const head = await client.head();
        assert.deepEqual([head.status, head.header('Content-Encoding')], [200, coding]);
        await decodedSoFar(client, coding, 'hello');
        server?.send('0\r\n\r\n');
      });
    });
  }

  test('that the server cuts is cut for the client as well', () =>
    compressing(
      async (conversation) => {
        await conversation.request();
        conversation.end('HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 100000\r\n\r\nhello');
      },
      async (proxy) => {
        await using client = await proxy.connect();
        await client.send(request('GET /', 'Accept-Encoding: gzip'));
        const { rest } = await client.closed();
        assert.doesNotMatch(rest, /\r\n0\r\n\r\n$/);
      },
    ));
});

test('trailers are kept', () =>
  compressing(
    always(
      `HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n${[
        words.length.toString(16),
        words.toString(),
        '0',
        'X-Sum: 42',
        '\r\n',
      ].join('\r\n')}`,
    ),
    async (proxy) => {
      const response = await proxy.ask(request('GET /', 'Accept-Encoding: gzip', 'TE: trailers', 'Connection: TE'));
      assert.equal(response.header('Content-Encoding'), 'gzip');
      assert.ok(gunzipSync(response.body.bytes).equals(words));
      assert.deepEqual(response.body.trailers, [['X-Sum', '42']]);
    },
  ));

test('compression sees what the middlewares behind it make of a response', async () => {
  await using app = await RawBackend.start(answering(responseOf(words, 'length')));
  const asEvents = { headers: { customResponseHeaders: { 'Content-Type': 'text/event-stream' } } };
  const codingBehind = async (middlewares: readonly object[]): Promise<string | undefined> => {
    await using proxy = await startProxy(everythingTo(app.url, { middlewares }));
    return (await proxy.ask(request('GET /', 'Accept-Encoding: gzip'))).header('Content-Encoding');
  };
  assert.equal(await codingBehind([{ compress: {} }, asEvents]), undefined);
  assert.equal(await codingBehind([asEvents, { compress: {} }]), 'gzip');
});
