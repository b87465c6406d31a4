import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { z } from 'zod';
import { headers } from '../../../../lib/middlewares/headers.js';
import { context } from './context.js';

const lowered = (written: z.input<typeof headers.schema>) => headers.lower(headers.schema.parse(written), context);

test('a headers middleware without any option is refused', () => {
  for (const written of [{}, { frameDeny: false }, { customRequestHeaders: {} }, { stsSeconds: 0 }]) {
    assert.equal(headers.schema.safeParse(written).success, false, JSON.stringify(written));
  }
  for (const written of [{ accessControlMaxAge: 0 }, { sslRedirect: true }, { publicKey: 'pin' }]) {
    assert.equal(headers.schema.safeParse(written).success, true, JSON.stringify(written));
  }
});

test('a value cannot bring a header of its own', () => {
  for (const written of [
    { customResponseHeaders: { 'X-A': 'a\r\nSet-Cookie: b' } },
    { customRequestHeaders: { 'X A': 'a' } },
    { contentSecurityPolicy: 'a\nb' },
    { accessControlAllowOriginList: ['https://a\r\n'] },
  ]) {
    assert.equal(headers.schema.safeParse(written).success, false, JSON.stringify(written));
  }
});

test('Strict-Transport-Security is composed once', () => {
  const cases = [
    [{ stsSeconds: 10 }, 'max-age=10'],
    [{ stsSeconds: 10, stsIncludeSubdomains: true }, 'max-age=10; includeSubDomains'],
    [{ stsSeconds: 10, stsPreload: true }, 'max-age=10; preload'],
    [{ stsSeconds: 10, stsIncludeSubdomains: true, stsPreload: true }, 'max-age=10; includeSubDomains; preload'],
    [{ stsIncludeSubdomains: true, forceSTSHeader: true }, ''],
    [{ stsSeconds: 10, isDevelopment: true }, ''],
  ] as const;
  for (const [written, expected] of cases) assert.equal(lowered(written).strictTransport, expected);
});

test('custom values win over the switches they refine', () => {
  const edits = (written: z.input<typeof headers.schema>) =>
    lowered(written).securityHeaders.map(({ name, value }) => `${name}: ${value}`);
  assert.deepEqual(edits({ frameDeny: true, browserXssFilter: true }), [
    'X-Frame-Options: DENY',
    'X-XSS-Protection: 1; mode=block',
  ]);
  assert.deepEqual(
    edits({
      frameDeny: true,
      customFrameOptionsValue: 'SAMEORIGIN',
      browserXssFilter: true,
      customBrowserXSSValue: '0',
    }),
    ['X-Frame-Options: SAMEORIGIN', 'X-XSS-Protection: 0'],
  );
});

test('every option about other origins turns preflights on', () => {
  for (const written of [
    { accessControlAllowCredentials: true },
    { accessControlAllowHeaders: ['a'] },
    { accessControlAllowMethods: ['GET'] },
    { accessControlAllowOriginList: ['*'] },
    { accessControlAllowOriginListRegex: ['a'] },
    { accessControlExposeHeaders: ['a'] },
    { accessControlMaxAge: 0 },
    { addVaryHeader: true },
  ]) {
    assert.equal(lowered(written).crossOrigin.enabled, true, JSON.stringify(written));
  }
  assert.equal(lowered({ frameDeny: true }).crossOrigin.enabled, false);
});

test('wildcards with credentials are echoed, and expose nothing', () => {
  const { crossOrigin } = lowered({
    accessControlAllowCredentials: true,
    accessControlAllowHeaders: ['*'],
    accessControlAllowMethods: ['*'],
    accessControlExposeHeaders: ['*'],
  });
  assert.deepEqual([crossOrigin.echoHeaders, crossOrigin.echoMethods, crossOrigin.exposeHeaders], [true, true, '']);
  const without = lowered({ accessControlAllowHeaders: ['*'], accessControlExposeHeaders: ['*'] }).crossOrigin;
  assert.deepEqual([without.echoHeaders, without.allowHeaders, without.exposeHeaders], [false, '*', '*']);
});

test('development switches host checks off', () => {
  assert.deepEqual(lowered({ allowedHosts: ['a.com'] }).allowedHosts, ['a.com']);
  assert.deepEqual(lowered({ allowedHosts: ['a.com'], isDevelopment: true }).allowedHosts, []);
});
