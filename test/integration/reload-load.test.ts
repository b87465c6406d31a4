import { test } from 'node:test';
import { reloadUnderLoad } from '../support/reloading.js';

test('F11: twenty changes of routers, servers, middlewares and certificates under load fail no request and cut nothing', async () => {
  await reloadUnderLoad({ changes: 20 });
});
