import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DynamicConfig } from '../../lib/index.js';
import { until } from '../support/deadline.js';
import { FaultUpstream } from '../support/faults/upstream.js';
import { LoadProcess } from '../support/load-process.js';
import { manyRouters } from '../support/lib/many-routers.js';
import { everythingTo, startProxy } from '../support/proxy.js';

/** Memory of the process that is not JavaScript's own, in MB. */
function nativeMemory(): number {
  const { rss, heapTotal, external } = process.memoryUsage();
  return (rss - heapTotal - external) / 1024 / 1024;
}

test('F7: 100,000 routers come and go under load, and no request fails', async (context) => {
  await using app = await FaultUpstream.start('answers');
  const few = everythingTo(app.url);
  const { http } = JSON.parse(manyRouters(100_000, 'json')) as DynamicConfig;
  const many: DynamicConfig = {
    http: {
      routers: { ...few.http?.routers, ...http?.routers },
      services: { ...few.http?.services, ...http?.services },
    },
  };
  await using proxy = await startProxy(few);
  await using load = await LoadProcess.start({ port: proxy.port(), keeping: 4, fresh: 1 });
  for (let round = 0; round < 3; round++) {
    const before = (await load.report()).answered;
    const begun = performance.now();
    assert.equal((await proxy.proxy.apply(many)).isNew, true);
    const taken = (performance.now() - begun) / 1000;
    const { answered, p99 } = await load.report();
    await proxy.proxy.apply(few);
    await until(() => proxy.proxy.stats().snapshotsLive === 1, 'the large configuration is freed');
    context.diagnostic(
      `${taken.toFixed(1)} s, ${answered - before} answers meanwhile, p99 ${p99} ms, ${nativeMemory().toFixed(0)} MB`,
    );
    assert.ok(answered > before, 'requests went on');
  }
  const { failures } = await load.stop();
  assert.deepEqual(failures, []);
});
