import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { describe, test } from 'node:test';
import { WebSocket, WebSocketServer } from 'ws';
import { createCertificate } from '../support/certificates.js';
import { type Client, request } from '../support/client.js';
import { until, within } from '../support/deadline.js';
import { everythingTo, startProxy, type TestProxy } from '../support/proxy.js';

const { certificate: cert, key } = createCertificate('localhost');
const body = randomBytes(8_000_000);
const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** A server that speaks TLS, and a proxy that speaks it on both sides. */
async function secured(): Promise<AsyncDisposable & { readonly proxy: TestProxy; readonly sockets: WebSocketServer }> {
  // Never closes an idle connection by itself, however long a slow machine takes over the bodies.
  const server = createServer({ cert, key, keepAliveTimeout: 0 }, (incoming, response) => {
    if (incoming.method === 'GET') {
      response.end(body);
      return;
    }
    const hash = createHash('sha256');
    incoming.on('data', (piece: Buffer) => hash.update(piece));
    incoming.on('end', () => response.end(hash.digest('hex')));
  });
  const sockets = new WebSocketServer({ server });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `https://localhost:${(server.address() as AddressInfo).port}`;
  const entryPoints = { web: { address: '127.0.0.1:0', http: { tls: {} } } };
  const dynamic = everythingTo(url, { transport: { rootCAs: [cert] } });
  const proxy = await startProxy({ entryPoints, ...dynamic });
  return {
    proxy,
    sockets,
    [Symbol.asyncDispose]: async () => {
      await proxy[Symbol.asyncDispose]();
      for (const socket of sockets.clients) socket.terminate();
      server.close();
      server.closeAllConnections();
    },
  };
}

const connect = (proxy: TestProxy): Promise<Client> => proxy.connect({ tls: { servername: 'localhost' } });

describe('over TLS on both sides', () => {
  test('bodies arrive whole both ways, one after the other on one connection', async () => {
    await using all = await secured();
    await using client = await connect(all.proxy);
    for (let i = 0; i < 2; i++) {
      assert.equal(digest((await client.ask(request('GET /'))).body.bytes), digest(body));
      const upload = Buffer.concat([Buffer.from(request('POST /', `Content-Length: ${body.length}`)), body]);
      assert.equal((await client.ask(upload)).text, digest(body));
    }
    assert.equal(all.proxy.proxy.stats().upstreamConnects, 1);
  });

  test('a client that reads late loses nothing', async () => {
    await using all = await secured();
    await using client = await connect(all.proxy);
    client.reader.pause();
    await client.send(request('GET /'));
    await new Promise((resolve) => setTimeout(resolve, 300));
    client.reader.resume();
    assert.equal(digest((await client.response()).body.bytes), digest(body));
  });

  test('a client that goes away leaves nothing', async () => {
    await using all = await secured();
    await using client = await connect(all.proxy);
    await client.send(request('GET /'));
    await client.head();
    client.socket.destroy();
    await until(() => all.proxy.proxy.stats().requestsActive === 0, 'nothing is left of it');
  });

  test('WebSockets carry messages', async () => {
    await using all = await secured();
    const accepted = once(all.sockets, 'connection') as Promise<[WebSocket]>;
    const client = new WebSocket(`wss://localhost:${all.proxy.port()}/`, { rejectUnauthorized: false });
    await within(once(client, 'open'), 'the client is connected');
    const [server] = await accepted;
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      const arrived = once(to, 'message') as Promise<[Buffer]>;
      from.send(body);
      assert.equal(digest((await within(arrived, 'the message'))[0]), digest(body));
    }
  });
});
