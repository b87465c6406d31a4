import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addPrefix } from '../../../../lib/middlewares/add-prefix.js';
import { redirectScheme } from '../../../../lib/middlewares/redirect-scheme.js';
import { stripPrefix } from '../../../../lib/middlewares/strip-prefix.js';
import { context } from './context.js';

test('addPrefix roots and escapes its prefix', () => {
  const cases = {
    '/api': '/api',
    api: '/api',
    '/a b': '/a%20b',
    '/100%25': '/100%2525',
    '/grün': '/gr%C3%BCn',
    '/a?b#c': '/a%3Fb%23c',
    "/-._~!$&'()*+,;=:@": "/-._~!$&'()*+,;=:@",
  };
  for (const [prefix, expected] of Object.entries(cases)) {
    assert.deepEqual(addPrefix.lower(addPrefix.schema.parse({ prefix }), context), { prefix: expected });
  }
  assert.equal(addPrefix.schema.safeParse({ prefix: '' }).success, false);
});

test('stripPrefix trims its prefixes and leaves empty ones out', () => {
  const config = stripPrefix.schema.parse({ prefixes: [' /a ', '', '/b'], forceSlash: true });
  assert.deepEqual(stripPrefix.lower(config, context), { prefixes: ['/a', '/b'] });
});

test('redirectScheme leaves the default port of the scheme out', () => {
  const cases = [
    [{ scheme: 'https' }, ''],
    [{ scheme: 'https', port: '443' }, ''],
    [{ scheme: 'https', port: 443 }, ''],
    [{ scheme: 'http', port: '80' }, ''],
    [{ scheme: 'https', port: '80' }, ':80'],
    [{ scheme: 'https', port: 8443 }, ':8443'],
  ] as const;
  for (const [written, port] of cases) {
    assert.equal(redirectScheme.lower(redirectScheme.schema.parse(written), context).port, port);
  }
  for (const written of [{}, { scheme: '' }, { scheme: 'ht tp' }, { scheme: 'https', port: 'x' }]) {
    assert.equal(redirectScheme.schema.safeParse(written).success, false, JSON.stringify(written));
  }
});
