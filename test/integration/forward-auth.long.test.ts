import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EchoBackend, RawBackend } from '../support/backends.js';
import { request } from '../support/client.js';
import { ample, timed, until } from '../support/deadline.js';
import { everythingTo, startProxy } from '../support/proxy.js';

test('D17: an authentication server that does not answer denies after 5 seconds', async () => {
  await using app = await EchoBackend.start();
  await using auth = await RawBackend.start(async (conversation) => {
    await conversation.request();
  });
  const middlewares = [{ forwardAuth: { address: auth.url } }];
  await using proxy = await startProxy(everythingTo(app.url, { middlewares }));
  await using client = await proxy.connect();
  await client.send(request('GET /'));
  const { took } = await timed(() => until(() => client.reader.total > 0, 'an answer', 3 * ample));
  assert.equal((await client.response()).status, 500);
  assert.ok(took > 4_900, `${took} ms`);
  assert.equal(app.requests.length, 0);
});
