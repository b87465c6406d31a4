import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileReferences } from '../../../../lib/schema/file-references.js';

test('finds every option that may name a file, in any case, once', () => {
  const document = {
    HTTP: {
      serversTransports: {
        t: { rootCAs: ['ca.pem', 'x'], certificates: [{ certFile: 'c', keyFile: 'k' }] },
        u: { rootcas: 'a, b' },
      },
      middlewares: {
        m: { forwardAuth: { tls: { ca: 'auth.pem', cert: 'c', key: 'k' } } },
        n: { headers: { ca: 'no' } },
      },
    },
    tls: {
      certificates: [{ certFile: '-----BEGIN CERTIFICATE-----', keyFile: 'tls.key' }],
      stores: { default: { DefaultCertificate: { certfile: 'default.crt', keyFile: 'default.key' } } },
    },
  };
  assert.deepEqual([...fileReferences(document)].sort(), [
    'a',
    'auth.pem',
    'b',
    'c',
    'ca.pem',
    'default.crt',
    'default.key',
    'k',
    'tls.key',
    'x',
  ]);
});

test('takes anything for a document', () => {
  for (const value of [null, undefined, 1, 'a', [], { tls: 1 }, { tls: { certificates: { a: 1 } } }]) {
    assert.deepEqual(fileReferences(value), []);
  }
});
