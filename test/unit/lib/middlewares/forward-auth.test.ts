import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { z } from 'zod';
import { forwardAuth } from '../../../../lib/middlewares/forward-auth.js';
import { context } from './context.js';

const lowered = (written: z.input<typeof forwardAuth.schema>) =>
  forwardAuth.lower(forwardAuth.schema.parse(written), context);

test('the address becomes a server and a path', () => {
  const cases = [
    ['http://auth', 'auth', 80, 'auth', false, '/'],
    ['https://auth/check?x=1', 'auth', 443, 'auth', true, '/check?x=1'],
    ['http://auth:9000/a', 'auth', 9000, 'auth:9000', false, '/a'],
    ['https://auth:443/', 'auth', 443, 'auth', true, '/'],
    ['http://[::1]:9000/', '::1', 9000, '[::1]:9000', false, '/'],
  ] as const;
  for (const [address, host, port, authority, tls, path] of cases) {
    const { server, path: asked } = lowered({ address });
    assert.deepEqual(
      [server.host, server.port, server.authority, server.tls, asked],
      [host, port, authority, tls, path],
      address,
    );
  }
});

test('credentials of the address become a header', () => {
  assert.equal(lowered({ address: 'http://auth' }).authorization, '');
  const { authorization, server } = lowered({ address: 'http://us%20er:p%C3%A4ss@auth/' });
  assert.equal(authorization, `Basic ${Buffer.from('us er:päss').toString('base64')}`);
  assert.doesNotMatch(
    JSON.stringify(server, (_, value: unknown) => (typeof value === 'bigint' ? '' : value)),
    /ss@|us%20er/,
  );
});

test('trustForwardHeader has three meanings', () => {
  const address = 'http://auth';
  assert.equal(lowered({ address }).trust, 0);
  assert.equal(lowered({ address, trustForwardHeader: false }).trust, 1);
  assert.equal(lowered({ address, trustForwardHeader: true }).trust, 2);
});

test('files of the TLS options are read by the caller', () => {
  const { transport } = lowered({ address: 'https://auth', tls: { ca: 'ca.pem', cert: 'c.pem', key: 'k.pem' } });
  assert.deepEqual(transport.rootCas, ['<ca.pem>']);
  assert.deepEqual(
    transport.certificates.map(({ chain, key }) => [chain, key]),
    [['<c.pem>', '<k.pem>']],
  );
});

test('the connections of the server are kept only while its address and TLS settings stay', () => {
  const address = 'https://auth';
  const base = lowered({ address, tls: { ca: 'a' } }).server.identity;
  assert.equal(lowered({ address, tls: { ca: 'a' }, forwardBody: true }).server.identity, base);
  const others = [
    { address: 'https://auth:8443', tls: { ca: 'a' } },
    { address, tls: { ca: 'b' } },
    { address, tls: { ca: 'a', insecureSkipVerify: true } },
    { address, tls: { ca: 'a', cert: 'c', key: 'k' } },
    { address },
  ];
  for (const other of others) assert.notEqual(lowered(other).server.identity, base, JSON.stringify(other));
});

test('the identity of the transport follows what matters to its connections', () => {
  const address = 'https://auth';
  const base = lowered({ address, tls: { ca: 'a' } }).transport.identity;
  assert.equal(lowered({ address, tls: { ca: 'a' }, forwardBody: true }).transport.identity, base);
  assert.notEqual(lowered({ address, tls: { ca: 'b' } }).transport.identity, base);
  assert.notEqual(lowered({ address, tls: { ca: 'a', insecureSkipVerify: true } }).transport.identity, base);
});

test('unlimited bodies have a bound', () => {
  const { maxBodyBytes, maxResponseBytes } = lowered({ address: 'http://auth' });
  assert.deepEqual([maxBodyBytes, maxResponseBytes], [64 * 1024 * 1024, 8 * 1024 * 1024]);
  assert.equal(lowered({ address: 'http://auth', maxBodySize: 5 }).maxBodyBytes, 5);
});

test('what cannot work is refused', () => {
  for (const written of [
    {},
    { address: '' },
    { address: 'auth:9000' },
    { address: 'ftp://auth' },
    { address: 'http://auth', tls: { cert: 'c' } },
    { address: 'http://auth', authResponseHeaders: ['not a name'] },
    { address: 'http://auth', authResponseHeadersRegex: '(' },
  ]) {
    assert.equal(forwardAuth.schema.safeParse(written).success, false, JSON.stringify(written));
  }
});
