import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { Readable, Writable } from 'node:stream';
import { describe, test } from 'node:test';
import { RawBackend } from '../support/backends.js';
import { Command } from '../support/command.js';
import { request } from '../support/client.js';
import { ample, isInstrumented, until, within } from '../support/deadline.js';
import { everythingTo, startProxy, TestFolder } from '../support/proxy.js';

const megabyte = 1024 * 1024;
const period = megabyte;
/** Two periods, so that any piece of up to one is a part of it. */
const pattern = Buffer.alloc(
  2 * period,
  Buffer.from(Array.from({ length: 65_521 }, (_, index) => (index * 7919) % 256)),
);
pattern.copy(pattern, period, 0, period);

/** The first `size` bytes of the repeated pattern. */
function* patternOf(size: number): Generator<Buffer> {
  const piece = 256 * 1024;
  for (let at = 0; at < size; at += piece)
    yield pattern.subarray(at % period, (at % period) + Math.min(piece, size - at));
}

/** Takes bytes of the pattern and counts them; fails at the first wrong one. */
class PatternSink extends Writable {
  received = 0;
  override _write(piece: Buffer, _: BufferEncoding, done: (error?: Error) => void): void {
    for (let at = 0; at < piece.length; at += period) {
      const part = piece.subarray(at, at + period);
      const offset = (this.received + at) % period;
      if (part.compare(pattern, offset, offset + part.length) !== 0) {
        done(new Error(`wrong byte after ${this.received}`));
        return;
      }
    }
    this.received += piece.length;
    done();
  }
}

describe('a gigabyte', () => {
  const size = 1024 * megabyte;

  test('passes each way at once, whole, in less than 64 MB of memory', { timeout: 180_000 }, async () => {
    let sink = new PatternSink();
    const server = createHttpServer((incoming, response) => {
      if (incoming.method === 'GET') {
        response.writeHead(200, { 'Content-Length': size });
        pipeline(Readable.from(patternOf(size), { objectMode: false }), response).catch(() => undefined);
      } else {
        pipeline(incoming, sink).then(
          () => response.end('taken'),
          () => response.destroy(),
        );
      }
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    await using folder = await TestFolder.create();
    const dynamic = await folder.write('dynamic.yml', everythingTo(url));
    const install = await folder.write('fairlead.yml', {
      entryPoints: { web: { address: '127.0.0.1:0', transport: { respondingTimeouts: { readTimeout: '0s' } } } },
      providers: { file: { filename: dynamic } },
      fairlead: { workers: 1 },
    });
    await using command = new Command([`--configFile=${install}`]);
    const port = await command.port();
    // What is loaded lazily is loaded before the measuring begins.
    await (await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body: pattern.subarray(0, 1000) })).text();
    sink = new PatternSink();
    const before = await command.memory();
    let most = 0;
    let measured: Promise<unknown> = Promise.resolve();
    const measuring = setInterval(() => {
      measured = command.memory().then((now) => (most = Math.max(most, now)));
    }, 50);
    try {
      const [received, status] = await within(
        Promise.all([download(port), upload(port, size)]),
        'all of it passes',
        8 * ample,
      );
      assert.deepEqual([received, sink.received, status], [size, size, 'HTTP/1.1 200 OK']);
    } finally {
      clearInterval(measuring);
      // The last look must be over before the process ends.
      await measured;
      server.close();
      server.closeAllConnections();
    }
    // A sanitizer keeps freed memory back.
    if (isInstrumented) return;
    assert.ok(most > 0 && most - before < 64 * megabyte, `${Math.round((most - before) / megabyte)} MB`);
  });
});

/** Asks for the pattern and returns how much of it came. */
async function download(port: number): Promise<number> {
  const socket = connect(port, '127.0.0.1');
  const sink = new PatternSink();
  socket.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
  await takeHead(socket);
  await pipeline(socket, sink);
  return sink.received;
}

/** Sends the pattern and returns the status line of the answer. */
async function upload(port: number, size: number): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.write(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${size}\r\n\r\n`);
  const head = takeHead(socket);
  await pipeline(Readable.from(patternOf(size), { objectMode: false }), socket, { end: false });
  const [line = ''] = (await head).split('\r\n');
  socket.destroy();
  return line;
}

/** Reads up to the end of the head and leaves the rest in the socket. */
async function takeHead(socket: Socket): Promise<string> {
  let bytes = Buffer.alloc(0);
  for (;;) {
    await once(socket, 'readable');
    for (let piece = socket.read() as Buffer | null; piece !== null; piece = socket.read() as Buffer | null) {
      bytes = Buffer.concat([bytes, piece]);
      const end = bytes.indexOf('\r\n\r\n');
      if (end < 0) continue;
      socket.unshift(bytes.subarray(end + 4));
      return bytes.subarray(0, end).toString('latin1');
    }
  }
}

/** Reads a number until it has not changed for a while. */
async function settled(read: () => number): Promise<number> {
  let before = -1;
  return until(async () => {
    const now = read();
    const isSettled = now > 0 && now === before;
    before = now;
    await new Promise((resolve) => setTimeout(resolve, 250));
    return isSettled && now;
  }, 'the sender is stopped');
}

describe('back-pressure', () => {
  const size = 128 * megabyte;
  /** What the kernel holds on both connections, with room to spare. */
  const most = size / 3;

  test('stops the server while the client does not read, and nothing is lost', async () => {
    let server: Socket | undefined;
    let sent = 0;
    await using app = await RawBackend.start(async (conversation) => {
      await conversation.request();
      server = conversation.socket;
      conversation.send(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n`);
      for (const piece of patternOf(size)) {
        if (!server.write(piece)) await once(server, 'drain');
        sent += piece.length;
      }
    });
    await using proxy = await startProxy(everythingTo(app.url));
    const socket = connect(proxy.port(), '127.0.0.1');
    socket.write(request('GET /', 'Connection: close'));
    await takeHead(socket);
    const stopped = await settled(() => sent);
    assert.ok(stopped < most, `${stopped} bytes`);
    const sink = new PatternSink();
    await within(pipeline(socket, sink), 'the rest arrives');
    assert.equal(sink.received, size);
  });

  test('stops the client while the server does not read, and nothing is lost', async () => {
    const sink = new PatternSink();
    let server: Socket | undefined;
    const listener = createServer((socket) => {
      server = socket;
      socket.pause();
    });
    listener.listen(0, '127.0.0.1');
    await once(listener, 'listening');
    await using proxy = await startProxy(everythingTo(`http://127.0.0.1:${(listener.address() as AddressInfo).port}`));
    const socket = connect(proxy.port(), '127.0.0.1');
    socket.write(request('POST /', `Content-Length: ${size}`));
    let sent = 0;
    const counted = function* (): Generator<Buffer> {
      for (const piece of patternOf(size)) {
        sent += piece.length;
        yield piece;
      }
    };
    const sending = pipeline(Readable.from(counted(), { objectMode: false }), socket, { end: false });
    const stopped = await settled(() => sent);
    assert.ok(stopped < most, `${stopped} bytes`);
    assert.ok(server);
    await takeHead(server);
    server.pipe(sink);
    await within(sending, 'the client has sent the rest');
    await until(() => sink.received === size, 'the rest arrives');
    server.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
    assert.match(await within(takeHead(socket), 'the answer'), /^HTTP\/1\.1 200/);
    socket.destroy();
    listener.close();
    server.destroy();
  });
});
