import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { request } from '../support/client.js';
import { everythingTo, startProxy } from '../support/proxy.js';
import { Nginx } from '../support/nginx.js';

const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

describe('in front of nginx', () => {
  test('files arrive whole, in parts, in chunks and compressed', async () => {
    const gzip = 'gzip on; gzip_types text/plain; gzip_min_length 100; gzip_proxied any;';
    await using nginx = await Nginx.start(gzip);
    const large = randomBytes(20_000_000);
    const text = 'some text, again and again. '.repeat(10_000);
    await writeFile(nginx.folder.file('html/large'), large);
    await writeFile(nginx.folder.file('html/text.txt'), text);
    await using proxy = await startProxy(everythingTo(nginx.url));
    await using client = await proxy.connect();

    const whole = await client.ask(request('GET /large'));
    assert.deepEqual([whole.status, digest(whole.body.bytes)], [200, digest(large)]);
    const part = await client.ask(request('GET /large', 'Range: bytes=1000000-2999999'));
    assert.deepEqual([part.status, part.header('content-range')], [206, 'bytes 1000000-2999999/20000000']);
    assert.equal(digest(part.body.bytes), digest(large.subarray(1_000_000, 3_000_000)));
    const compressed = await client.ask(request('GET /text.txt', 'Accept-Encoding: gzip'));
    assert.equal(compressed.header('content-encoding'), 'gzip');
    assert.equal(gunzipSync(compressed.body.bytes).toString(), text);
    const etag = (await client.ask(request('HEAD /large'), 'HEAD')).header('etag') ?? '';
    const unmodified = await client.ask(request('GET /large', `If-None-Match: ${etag}`));
    assert.deepEqual([unmodified.status, unmodified.header('etag')], [304, etag]);
    assert.equal((await client.ask(request('GET /missing'))).status, 404);
  });

  test('uploads arrive whole', async () => {
    await using nginx = await Nginx.start(
      'client_max_body_size 0; location / { client_body_in_file_only on; proxy_pass http://127.0.0.1:1; error_page 502 =200 @stored; } location @stored { add_header X-File $request_body_file always; return 200 stored; }',
    );
    await using proxy = await startProxy(everythingTo(nginx.url));
    await using client = await proxy.connect();
    const body = randomBytes(5_000_000);
    const framings = [
      Buffer.concat([Buffer.from(request('POST /', `Content-Length: ${body.length}`)), body]),
      Buffer.concat([
        Buffer.from(`${request('POST /', 'Transfer-Encoding: chunked')}${body.length.toString(16)}\r\n`),
        body,
        Buffer.from('\r\n0\r\n\r\n'),
      ]),
    ];
    for (const bytes of framings) {
      const response = await client.ask(bytes);
      assert.deepEqual([response.status, response.text], [200, 'stored']);
      assert.equal(digest(await readFile(response.header('x-file') ?? '')), digest(body));
    }
  });

  test('a body that is too large for it is refused while it is being sent', async () => {
    await using nginx = await Nginx.start('client_max_body_size 1k; location / { proxy_pass http://127.0.0.1:1; }');
    await using proxy = await startProxy(everythingTo(nginx.url));
    await using client = await proxy.connect();
    client.socket.write(request('POST /', 'Content-Length: 100000000') + 'x'.repeat(100_000));
    assert.equal((await client.response()).status, 413);
    assert.equal((await proxy.ask(request('GET /'))).status, 502);
  });

  test('no request is lost when it closes connections after each few requests and when its workers are replaced', async () => {
    await using nginx = await Nginx.start('location / { return 200 fine; }', 'keepalive_requests 7;');
    await using proxy = await startProxy(everythingTo(nginx.url));
    const asking = async (): Promise<readonly number[]> => {
      await using client = await proxy.connect();
      const statuses: number[] = [];
      for (let i = 0; i < 300; i++) {
        statuses.push((await client.ask(request('GET /'))).status);
        if (i % 100 === 50) nginx.reload();
      }
      return statuses;
    };
    const statuses = (await Promise.all(Array.from({ length: 6 }, asking))).flat();
    assert.deepEqual([statuses.length, new Set(statuses)], [1800, new Set([200])]);
    assert.ok(proxy.proxy.stats().upstreamReused > 1000);
  });
});
