// What a servers transport says about TLS, against servers that look at it. That a certificate is refused, and what for, is
// in tls.test.ts.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { describe, test } from 'node:test';
import { check } from '../../lib/index.js';
import { Authority } from '../support/authority.js';
import { EchoBackend } from '../support/backends.js';
import { request } from '../support/client.js';
import { everythingTo, type RouteOptions, startProxy } from '../support/proxy.js';

const authority = new Authority();
const good = authority.issue(['127.0.0.1', 'up.example', 'spiffe://example/app']);
const trust = { rootCAs: [authority.certificate] };
type Transport = NonNullable<RouteOptions['transport']>;

/** What a server that was asked through this transport saw of the connection; only the status when it was not asked. */
async function seen(options: ServerOptions, transport: Transport): Promise<readonly [status: number, seen: string]> {
  let said = '';
  const server = createServer({ cert: good.certificate, key: good.key, ...options }, (incoming, response) => {
    const socket = incoming.socket as unknown as Pick<TLSSocket, 'getCipher' | 'getPeerCertificate' | 'getProtocol'>;
    const peer = socket.getPeerCertificate() as { readonly subject?: { readonly CN?: string } };
    said = [socket.getProtocol(), socket.getCipher().name, peer.subject?.CN ?? 'nobody'].join(' ');
    response.end();
  });
  server.on('tlsClientError', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  try {
    await using proxy = await startProxy(everythingTo(url, { transport }));
    return [(await proxy.ask(request('GET /'))).status, said];
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

describe('a client certificate', () => {
  const client = new Authority('clients');
  const ours = client.issue(['proxy.example']);
  const asks = { requestCert: true, rejectUnauthorized: true, ca: client.certificate };

  test('is presented to a server that wants one', async () => {
    const certificates = [{ certFile: ours.certificate, keyFile: ours.key }];
    const [status, said] = await seen(asks, { ...trust, certificates });
    assert.equal(status, 200);
    assert.match(said, / proxy\.example$/);
  });

  test('that is missing, or of another authority, is not accepted', async () => {
    const foreign = authority.issue(['proxy.example']);
    for (const certificates of [[], [{ certFile: foreign.certificate, keyFile: foreign.key }]]) {
      const [status, said] = await seen(asks, { ...trust, certificates });
      assert.ok(status >= 500, String(status));
      assert.equal(said, '');
    }
  });
});

describe('versions and suites', () => {
  const suite = 'TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256';
  const cases: readonly (readonly [string, ServerOptions, Transport, number, RegExp])[] = [
    ['nothing said: TLS 1.3', {}, {}, 200, /^TLSv1\.3 /],
    ['maxVersion', {}, { maxVersion: 'VersionTLS12' }, 200, /^TLSv1\.2 /],
    ['minVersion alone, which Traefik refuses', {}, { minVersion: 'VersionTLS13' }, 200, /^TLSv1\.3 /],
    ['a server below minVersion', { maxVersion: 'TLSv1.2' }, { minVersion: 'VersionTLS13' }, 500, /^$/],
    ['a server above maxVersion', { minVersion: 'TLSv1.3' }, { maxVersion: 'VersionTLS12' }, 500, /^$/],
    ['cipherSuites', {}, { maxVersion: 'VersionTLS12', cipherSuites: [suite] }, 200, /CHACHA20/],
    [
      'cipherSuites of which the server has none',
      { ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256' },
      { maxVersion: 'VersionTLS12', cipherSuites: [suite] },
      500,
      /^$/,
    ],
  ];
  for (const [name, options, transport, status, said] of cases) {
    test(name, async () => {
      const result = await seen(options, { ...trust, ...transport });
      assert.equal(result[0], status);
      assert.match(result[1], said);
    });
  }
});

describe('the identity of a server', () => {
  const uri = (value: string) => [{ type: 'URI' as const, value }];
  const cases: readonly (readonly [string, Transport, number])[] = [
    ['a URI that the certificate has', { ...trust, peerCertSANs: uri('spiffe://example/app') }, 200],
    ['a URI that it has not', { ...trust, peerCertSANs: uri('spiffe://example/other') }, 500],
    [
      'one of several',
      { ...trust, peerCertSANs: [...uri('spiffe://x'), { type: 'DNSName', value: 'up.example' }] },
      200,
    ],
    [
      'instead of the host name',
      { ...trust, serverName: 'other', insecureSkipVerify: true, peerCertSANs: uri('spiffe://example/app') },
      200,
    ],
    [
      'of somebody whom nobody vouches for, with insecureSkipVerify: the chain is verified all the same',
      { insecureSkipVerify: true, peerCertSANs: uri('spiffe://example/app') },
      500,
    ],
    ['peerCertURI', { ...trust, peerCertURI: 'spiffe://example/app' }, 200],
    ['peerCertURI of another', { ...trust, peerCertURI: 'spiffe://example/other' }, 500],
  ];
  for (const [name, transport, status] of cases) {
    test(name, async () => assert.equal((await seen({}, transport))[0], status));
  }

  test('by peerCertURI is reported as deprecated, with what to write instead', async () => {
    const config = everythingTo('https://127.0.0.1:1', { transport: { peerCertURI: 'spiffe://example/app' } });
    const { diagnostics } = await check({ entryPoints: { web: { address: '127.0.0.1:0' } }, ...config });
    assert.deepEqual(
      diagnostics.map(({ code, severity, hint }) => [code, severity, hint]),
      [['FL2012', 'warning', 'write peerCertSANs: [{ type: URI, value: "spiffe://example/app" }]']],
    );
  });
});

test('a server whose certificate is refused is passed over, for any method: nothing was sent', async () => {
  await using wrong = await EchoBackend.start('wrong', new Authority('other').issue(['127.0.0.1']));
  await using app = await EchoBackend.start('app', good);
  await using proxy = await startProxy(everythingTo([wrong.url, app.url], { transport: trust }));
  for (let i = 0; i < 4; i++) {
    assert.equal((await proxy.ask(request('POST /', 'Content-Length: 2') + 'hi')).echoed.name, 'app');
  }
  assert.equal(wrong.requests.length, 0);
});
