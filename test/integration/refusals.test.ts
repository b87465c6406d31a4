import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { EchoBackend } from '../support/backends.js';
import { request } from '../support/client.js';
import { atMost } from '../support/deadline.js';
import { everythingTo, startProxy } from '../support/proxy.js';

const bad: Readonly<Record<string, string>> = {
  'without Host': 'GET / HTTP/1.1\r\n\r\n',
  'with two framings': request('POST /', 'Content-Length: 1', 'Transfer-Encoding: chunked'),
  'with a control character in its target': request('GET /a\x01b'),
};

describe('a request that is refused on a kept connection is told why', () => {
  for (const before of ['GET', 'HEAD']) {
    for (const [what, bytes] of Object.entries(bad)) {
      test(`${what}, after ${before}`, async () => {
        await using app = await EchoBackend.start();
        await using proxy = await startProxy(everythingTo(app.url));
        await using client = await proxy.connect();
        assert.equal((await client.ask(request(`${before} /`), before)).status, 200);
        assert.equal((await client.ask(bytes)).status, 400);
        assert.equal(app.requests.length, 1);
      });
    }
  }

  test('when its head takes too long', async () => {
    await using app = await EchoBackend.start();
    await using proxy = await startProxy({
      ...everythingTo(app.url),
      fairlead: { workers: 1, limits: { headTimeout: `${atMost(500)}ms` } },
    });
    await using client = await proxy.connect();
    assert.equal((await client.ask(request('GET /'))).status, 200);
    assert.equal((await client.ask('GET / HTTP/1.1\r\n')).status, 408);
  });
});

test('the refusal of a HEAD has no body', async () => {
  await using app = await EchoBackend.start();
  await using proxy = await startProxy(everythingTo(app.url));
  await using client = await proxy.connect();
  const response = await client.ask('HEAD / HTTP/1.1\r\n\r\n', 'HEAD');
  assert.deepEqual([response.status, response.header('content-length')], [400, '11']);
  assert.deepEqual(await client.closed(), { ending: 'end', rest: '' });
});
