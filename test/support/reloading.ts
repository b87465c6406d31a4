/** Changes of everything that may change, one after the other, under load from outside; WebSockets that must not notice. */
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { TLSSocket } from 'node:tls';
import { type RawData, WebSocket, WebSocketServer } from 'ws';
import { createCertificate, type TestCertificate } from './certificates.js';
import { request } from './client.js';
import { until, within } from './deadline.js';
import { Deployment } from './deployment.js';
import { FaultUpstream } from './faults/upstream.js';
import { LoadProcess } from './load-process.js';

export interface ReloadOptions {
  readonly changes: number;
  readonly tell?: (text: string) => void;
}

interface Scene {
  readonly urls: readonly string[];
  readonly echo: string;
  readonly certificates: readonly { readonly certFile: string; readonly keyFile: string }[];
}

/** The `number`th configuration: other routers, servers, middlewares and certificates than the one before. */
function configuration({ urls, echo, certificates }: Scene, number: number): object {
  const [one = '', two = ''] = urls;
  const servers = [[one], [two], [one, two]][number % 3] ?? [];
  return {
    http: {
      routers: {
        all: { rule: `PathPrefix(\`/\`) || Host(\`h${number}\`)`, service: 'app', middlewares: ['stamp'], priority: 1 },
        echo: { rule: 'Path(`/echo`)', service: 'echo' },
        [`r${number % 7}`]: { rule: `Host(\`other${number}\`)`, service: 'app' },
      },
      middlewares: { stamp: { headers: { customResponseHeaders: { 'X-Change': String(number) } } } },
      services: {
        app: { loadBalancer: { servers: servers.map((url) => ({ url })) } },
        echo: { loadBalancer: { servers: [{ url: echo }] } },
      },
    },
    tls: { certificates: [certificates[number % certificates.length]] },
  };
}

/** Memory of the process that is not JavaScript's own, in MB. */
function nativeMemory(): number {
  const { rss, heapTotal, external } = process.memoryUsage();
  return (rss - heapTotal - external) / 1024 / 1024;
}

/** Runs all changes; fails when a request fails, a WebSocket notices, or an old configuration stays. */
export async function reloadUnderLoad({ changes, tell = () => undefined }: ReloadOptions): Promise<{
  /** Megabytes after a tenth of the changes, and at the end. */
  readonly memory: readonly [number, number];
  readonly answered: number;
}> {
  await using one = await FaultUpstream.start('answers');
  await using two = await FaultUpstream.start('answers');
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  server.on('connection', (socket) => socket.on('message', (data: RawData) => socket.send(data as Buffer)));
  await once(server, 'listening');
  const created: readonly TestCertificate[] = [createCertificate('a.example'), createCertificate('a.example')];
  const files = Object.fromEntries(
    created.flatMap(({ certificate, key }, i) => [
      [`certificate${i}.pem`, certificate],
      [`key${i}.pem`, key],
    ]),
  );
  const address = '127.0.0.1:0';
  const entryPoints = { web: { address }, secure: { address, http: { tls: {} } } };
  const scene = { urls: [one.url, two.url], echo: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
  const start = { 'dynamic.yml': 'http: {}', ...files };
  await using proxy = await Deployment.start(start, { install: { entryPoints, fairlead: { workers: 2 } } });
  const certificates = created.map((_, i) => ({
    certFile: proxy.folder.file(`certificate${i}.pem`),
    keyFile: proxy.folder.file(`key${i}.pem`),
  }));
  const change = (number: number): Promise<unknown> =>
    proxy.change('dynamic.yml', configuration({ ...scene, certificates }, number));
  await change(0);
  const sockets = Array.from({ length: 4 }, () => new WebSocket(`ws://127.0.0.1:${proxy.port()}/echo`));
  await within(Promise.all(sockets.map((socket) => once(socket, 'open'))), 'all WebSockets open');
  await using load = await LoadProcess.start({ port: proxy.port(), tls: 2, tlsPort: proxy.port('secure') });
  let early = nativeMemory();
  for (let number = 1; number <= changes; number++) {
    await change(number);
    if (number % 10 === 0) await inspect(proxy, sockets, number, created);
    if (number === Math.ceil(changes / 10)) early = nativeMemory();
    if (number % 100 === 0)
      tell(`${number} changes, ${(await load.report()).answered} answers, ${nativeMemory().toFixed(0)} MB`);
  }
  const { failures, answered } = await load.stop();
  assert.deepEqual(failures, []);
  assert.equal(proxy.proxy.stats().responses5xx, 0);
  assert.equal(proxy.proxy.stats().upgradesActive, sockets.length);
  await until(() => proxy.proxy.stats().snapshotsLive === 1, 'old configurations are freed');
  const memory = [early, nativeMemory()] as const;
  for (const socket of sockets) socket.terminate();
  server.close();
  return { memory, answered };
}

/** The newest configuration serves, its certificate too, and the WebSockets carry on. */
async function inspect(
  proxy: Deployment,
  sockets: readonly WebSocket[],
  number: number,
  certificates: readonly TestCertificate[],
): Promise<void> {
  assert.equal((await proxy.ask(request('GET /'))).header('x-change'), String(number));
  await using client = await proxy.connect({ entryPoint: 'secure', tls: { servername: 'a.example' } });
  assert.ok(client.socket instanceof TLSSocket);
  const { certificate = '' } = certificates[number % certificates.length] ?? {};
  assert.equal(client.socket.getPeerCertificate().fingerprint256, new X509Certificate(certificate).fingerprint256);
  for (const [index, socket] of sockets.entries()) {
    const echoed = once(socket, 'message');
    socket.send(`${number} ${index}`);
    const [data] = (await within(echoed, 'an echo')) as [Buffer];
    assert.equal(data.toString(), `${number} ${index}`);
  }
}
