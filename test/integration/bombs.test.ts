import assert from 'node:assert/strict';
import { test } from 'node:test';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { always, EchoBackend, RawBackend } from '../support/backends.js';
import { request } from '../support/client.js';
import { everythingTo, startProxy } from '../support/proxy.js';

const size = 256 * 1024 * 1024;
const zeros = Buffer.alloc(size);
const bombs = {
  gzip: gzipSync(zeros, { level: 1 }),
  br: brotliCompressSync(zeros, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } }),
};

for (const [coding, bomb] of Object.entries(bombs)) {
  const head = `Content-Type: text/plain\r\nContent-Encoding: ${coding}\r\nContent-Length: ${bomb.length}\r\n\r\n`;

  test(`D16: a body that is ${size >> 20} MB when decompressed (${coding}) passes compress as it is`, async () => {
    await using app = await RawBackend.start(always(`HTTP/1.1 200 OK\r\n${head}${bomb.toString('latin1')}`));
    await using proxy = await startProxy(everythingTo(app.url, { middlewares: [{ compress: {} }] }));
    const before = process.memoryUsage().rss;
    const response = await proxy.ask(request('GET /', 'Accept-Encoding: gzip, br, zstd'));
    assert.deepEqual([response.status, response.header('content-encoding')], [200, coding]);
    assert.ok(response.body.bytes.equals(bomb));
    assert.ok(process.memoryUsage().rss - before < 64 * 1024 * 1024);
  });

  test(`D16: the same as the answer of an authentication server (${coding}) is no larger than it came`, async () => {
    await using auth = await RawBackend.start(always(`HTTP/1.1 403 Forbidden\r\n${head}${bomb.toString('latin1')}`));
    await using app = await EchoBackend.start();
    await using proxy = await startProxy(
      everythingTo(app.url, { middlewares: [{ forwardAuth: { address: auth.url } }] }),
    );
    const before = process.memoryUsage().rss;
    const response = await proxy.ask(request('GET /', 'Accept-Encoding: gzip, br, zstd'));
    assert.ok(response.status === 403 || response.status >= 500, String(response.status));
    assert.ok(response.body.bytes.length <= bomb.length);
    assert.ok(process.memoryUsage().rss - before < 64 * 1024 * 1024);
    assert.equal(app.requests.length, 0);
  });
}
