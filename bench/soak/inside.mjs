// Preloaded into the proxy's process (node --import): answers the soak's questions over the IPC channel. It touches nothing.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { getHeapStatistics, writeHeapSnapshot } from 'node:v8';

// The command gives nobody its proxy, so it is caught at its start.
const file = join(process.env.FAIRLEAD_SOAK_ROOT, 'dist/lib/proxy/proxy.js');
const { Proxy } = await import(pathToFileURL(file).href);
const { start } = Proxy;
let proxy;
Proxy.start = async (parts) => {
  proxy = await start.call(Proxy, parts);
  return proxy;
};

const answers = {
  stats: () => ({ stats: proxy?.stats() ?? {}, memory: process.memoryUsage(), heap: getHeapStatistics() }),
  snapshot: ({ path }) => ({ path: writeHeapSnapshot(path) }),
};

process.on('message', (question) => {
  const answer = answers[question.kind](question);
  // Counters are numbers or big integers, which IPC does not carry.
  const plain = JSON.parse(JSON.stringify(answer, (_, value) => (typeof value === 'bigint' ? Number(value) : value)));
  process.send?.({ id: question.id, ...plain });
});
process.channel?.unref();
