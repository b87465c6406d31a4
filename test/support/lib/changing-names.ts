/** A proxy whose servers have names. Run by names.test.ts in a network and with a resolver of its own. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { Client, request } from '../client.js';
import { until } from '../deadline.js';
import { everythingTo, startProxy } from '../proxy.js';
import { serveNames, type Zone } from './name-server.js';

const refresh = 1000;
const zone: Zone = new Map();
const asked = await serveNames(zone);

/** On every address: tells which one was connected to, and keeps no connection. */
const app = createServer((incoming: IncomingMessage, response: ServerResponse) => {
  response.setHeader('Connection', 'close');
  response.end(incoming.socket.localAddress);
});
app.listen(0, '0.0.0.0');
await once(app, 'listening');
const { port } = app.address() as AddressInfo;

async function proxyTo(...hosts: readonly string[]) {
  const names = { refresh: `${refresh}ms` };
  const transport = { forwardingTimeouts: { dialTimeout: '10s' } };
  const urls = hosts.map((host) => `http://${host}:${port}`);
  return startProxy({ fairlead: { names }, ...everythingTo(urls, { transport }) });
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

async function ask(to: number): Promise<Answer> {
  await using client = await Client.connect(to);
  const { status, text } = await client.ask(request('GET /'));
  return { status, text };
}

const results: Record<string, unknown> = {};

{
  zone.set('changes.test', ['127.0.0.2']);
  await using proxy = await proxyTo('changes.test');
  const before = (await ask(proxy.port())).text;
  zone.set('changes.test', ['127.0.0.3']);
  const statuses = new Set<number>();
  const after = await until(async () => {
    const { status, text } = await ask(proxy.port());
    statuses.add(status);
    return text !== before && text;
  }, 'the new address is used');
  results['changes'] = { before, after, statuses: [...statuses] };
  // The name goes away, and then the name server answers nothing more: what was good is used on.
  zone.delete('changes.test');
  const asks = asked.length;
  const gone = await until(async () => {
    const answer = await ask(proxy.port());
    return asked.length >= asks + 2 && answer;
  }, 'the name has been asked for again, in vain');
  zone.set('changes.test', 'silent');
  const silent: Answer[] = [];
  const end = performance.now() + 4 * refresh;
  while (performance.now() < end) silent.push(await ask(proxy.port()));
  results['gone'] = gone.text;
  results['silent'] = [...new Set(silent.map(({ text }) => text))];
}

{
  zone.set('many.test', ['127.0.0.2', '127.0.0.3', '127.0.0.4']);
  await using proxy = await proxyTo('many.test');
  const counts: Record<string, number> = {};
  for (let i = 0; i < 30; i++) {
    const { text } = await ask(proxy.port());
    counts[text] = (counts[text] ?? 0) + 1;
  }
  results['many'] = counts;
}

{
  zone.set(
    'thousand.test',
    Array.from({ length: 1000 }, (_, i) => `127.1.${i >> 8}.${i & 255}`),
  );
  await using proxy = await proxyTo('thousand.test');
  const seen = new Set<string>();
  for (let i = 0; i < 200; i++) seen.add((await ask(proxy.port())).text);
  results['thousand'] = seen.size;
}

{
  // A name that does not exist, and one that nobody answers for, beside a server that is there.
  zone.set('silent.test', 'silent');
  await using proxy = await proxyTo('missing.test', 'silent.test', '127.0.0.5');
  await using other = await proxyTo('silent.test');
  const hanging = ask(other.port());
  const quick: Answer[] = [];
  {
    await using plain = await proxyTo('127.0.0.6');
    for (let i = 0; i < 20; i++) quick.push(await ask(plain.port()));
  }
  const beside: number[] = [];
  for (let i = 0; i < 4; i++) beside.push((await ask(proxy.port())).status);
  results['beside'] = beside;
  results['quick'] = quick.map(({ status }) => status);
  results['hanging'] = (await hanging).status;
  await using missing = await proxyTo('missing.test');
  results['missing'] = (await ask(missing.port())).status;
}

console.log(JSON.stringify(results));
process.exit(0);
