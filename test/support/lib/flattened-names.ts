/** A proxy whose clients use aliases. Run by host-resolver.test.ts in a network and with a resolver of its own. */
import { createServer } from 'node:http';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AddressInfo } from 'node:net';
import { until } from '../deadline.js';
import { startProxy, type TestProxy } from '../proxy.js';
import { serveNames, type Zone } from './name-server.js';

const zone: Zone = new Map();
const asked = await serveNames(zone);
/** Gives up after a second, and is no file that the system uses. */
const resolvConfig = join(tmpdir(), `resolv-${process.pid}.conf`);
await writeFile(resolvConfig, 'nameserver 127.0.0.1\noptions timeout:1 attempts:1\n');

const app = createServer((incoming, response) => {
  response.end(String(incoming.headers.host));
});
app.listen(0, '127.0.0.1');
await once(app, 'listening');
const url = `http://127.0.0.1:${(app.address() as AddressInfo).port}`;

const http = {
  routers: {
    edge: { rule: 'Host(`edge.test`) && PathPrefix(`/`)', service: 'app' },
    both: { rule: 'Host(`both.test`) && Host(`edge2.test`)', service: 'app' },
    wild: { rule: 'Host(`*.wild.test`)', service: 'app' },
    pattern: { rule: 'HostRegexp(`^p[0-9]+\\.test$`)', service: 'app' },
  },
  services: { app: { loadBalancer: { servers: [{ url }] } } },
};
const proxyWith = (hostResolver?: object) => startProxy({ ...(hostResolver && { hostResolver }), http });
const ask = async (proxy: TestProxy, host: string): Promise<number> =>
  (await proxy.ask(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`)).status;

const aliases = {
  'www.test': 'mid.test',
  'mid.test': 'Edge.test',
  'both.test': 'edge2.test',
  'w.test': 'x.wild.test',
  're.test': 'p12.test',
  'lost.test': 'nowhere.test',
  'circle.test': 'circle2.test',
  'circle2.test': 'circle.test',
};
for (const [name, cname] of Object.entries(aliases)) zone.set(name, { cname });
zone.set('silent.test', 'silent');

const results: Record<string, unknown> = {};

{
  await using proxy = await proxyWith();
  results['off'] = [await ask(proxy, 'www.test'), await ask(proxy, 'edge.test'), asked.length];
}

{
  await using proxy = await proxyWith({ cnameFlattening: true, resolvConfig });
  const statuses: Record<string, number> = {};
  const names = ['edge.test', 'missing.test', '127.0.0.1', ...Object.keys(aliases)];
  for (const name of names) statuses[name] = await ask(proxy, name);
  results['on'] = statuses;
  // What is known is not asked for again for half of a minute.
  const before = asked.filter((name) => name === 'www.test').length;
  await ask(proxy, 'www.test');
  results['again'] = asked.filter((name) => name === 'www.test').length - before;
  // The server is told the host that the client has asked for.
  results['host'] = (await proxy.ask('GET / HTTP/1.1\r\nHost: www.test\r\n\r\n')).text;
  const { request: explained, router } = await proxy.proxy.explain({ url: 'http://www.test/' });
  results['explained'] = [explained.flattenedHost, router?.name];
  // A name that nobody answers for holds up its own requests, for a while.
  const silent = ask(proxy, 'silent.test');
  results['beside'] = await ask(proxy, 'www.test');
  results['silent'] = await silent;
}

{
  await using proxy = await proxyWith({ cnameFlattening: true, resolvConfig, resolvDepth: 1 });
  results['shallow'] = [await ask(proxy, 'www.test'), await ask(proxy, 'mid.test')];
}

{
  zone.set('moves.test', { cname: 'other.test', timeToLive: 0 });
  await using proxy = await proxyWith({ cnameFlattening: true, resolvConfig });
  const before = await ask(proxy, 'moves.test');
  zone.set('moves.test', { cname: 'edge.test', timeToLive: 0 });
  const after = await until(async () => {
    const status = await ask(proxy, 'moves.test');
    return status !== before && status;
  }, 'the new alias is used');
  // The name servers fail: what was known holds.
  zone.set('moves.test', 'silent');
  const asks = asked.length;
  const last = await until(async () => {
    const status = await ask(proxy, 'moves.test');
    return asked.length > asks && status;
  }, 'the name has been asked for again, in vain');
  results['moves'] = [before, after, last];
}

console.log(JSON.stringify(results));
process.exit(0);
