import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatDuration, parseDuration } from '../../../../lib/source/duration.js';
import { networkFault, parseListenAddress } from '../../../../lib/source/network.js';
import { byteSize, int64, statusRange } from '../../../../lib/source/scalars.js';
import { repeatable } from '../../../support/lib/properties.js';

const durations: readonly (readonly [text: string, expected: bigint | undefined])[] = [
  ['10s', 10_000_000_000n],
  ['1h2m3s500ms', 3_723_500_000_000n],
  ['1.5s', 1_500_000_000n],
  ['.5s', 500_000_000n],
  ['-2ms', -2_000_000n],
  ['+1m', 60_000_000_000n],
  ['100us', 100_000n],
  ['100µs', 100_000n],
  ['7ns', 7n],
  ['0', 0n],
  ['30', 30_000_000_000n],
  ['-1', -1_000_000_000n],
  ['2562047h', 9_223_369_200_000_000_000n],
  ['2562048h', undefined],
  ['', undefined],
  ['s', undefined],
  ['.s', undefined],
  ['1', 1_000_000_000n],
  ['1.5', undefined],
  ['1d', undefined],
  ['1s ', 1_000_000_000n],
  ['1 s', undefined],
  ['--1s', undefined],
];

for (const [text, expected] of durations) {
  test(`reads the duration "${text}"`, () => assert.equal(parseDuration(text), expected));
}

test('reads every duration as it writes it', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 63n) + 1n, max: 2n ** 63n - 1n }), (value) => {
      assert.equal(parseDuration(formatDuration(value)), value);
    }),
    repeatable,
  );
});

test('writes durations as Go does', () => {
  const written = [
    0n,
    1n,
    1_500n,
    2_000_000n,
    1_500_000_000n,
    90_000_000_000n,
    3_600_000_000_000n,
    -5_000_000_000n,
  ].map(formatDuration);
  assert.deepEqual(written, ['0s', '1ns', '1.5µs', '2ms', '1.5s', '1m30s', '1h0m0s', '-5s']);
});

const addresses: readonly (readonly [text: string, expected: string])[] = [
  [':80', 'tcp||80'],
  [':443/UDP', 'udp||443'],
  ['127.0.0.1:8080/tcp', 'tcp|127.0.0.1|8080'],
  ['[::1]:80', 'tcp|::1|80'],
  ['[fe80::1%eth0]:80', 'tcp|fe80::1%eth0|80'],
  ['localhost:0', 'tcp|localhost|0'],
  ['80', 'must be written [host]:port, such as ":80" or "127.0.0.1:8080"'],
  ['::1:80', 'must be written [host]:port, such as ":80" or "127.0.0.1:8080"'],
  [':65536', 'must have a port between 0 and 65535'],
  ['[localhost]:80', 'must hold an IPv6 address between the brackets'],
  ['256.0.0.1:80', 'must hold a valid IPv4 address'],
  [':80/quic', 'must end in /tcp, /udp or nothing'],
];

for (const [text, expected] of addresses) {
  test(`reads the address "${text}"`, () => {
    const parsed = parseListenAddress(text);
    assert.equal(typeof parsed === 'string' ? parsed : `${parsed.protocol}|${parsed.host}|${parsed.port}`, expected);
  });
}

test('tells networks from what is none', () => {
  for (const good of ['10.0.0.1', '10.0.0.0/8', '::1', 'fd00::/8', '0.0.0.0/0', '::/128'])
    assert.equal(networkFault(good), undefined);
  for (const bad of [
    '',
    '10.0.0',
    '10.0.0.0/33',
    '::/129',
    '10.0.0.0/',
    '10.0.0.0/8/8',
    '10.0.0.0/-1',
    'fe80::1%eth0',
    'localhost',
  ]) {
    assert.notEqual(networkFault(bad), undefined, bad);
  }
});

test('reads sizes, 64-bit integers and status ranges', () => {
  assert.deepEqual(
    ['64KiB', '1MB', 1024, '-1'].map((size) => byteSize.parse(size)),
    [65_536, 1_000_000, 1024, -1],
  );
  for (const bad of ['lots', '1.5', -2, '1TB']) assert.equal(byteSize.safeParse(bad).success, false);
  assert.equal(int64.parse('9223372036854775806'), 9_223_372_036_854_775_806n);
  for (const bad of ['9223372036854775808', 1.5, 'x']) assert.equal(int64.safeParse(bad).success, false);
  assert.deepEqual(statusRange.parse('500-599'), { from: 500, to: 599 });
  for (const bad of ['600-500', '99', '2xx', '5000']) assert.equal(statusRange.safeParse(bad).success, false);
});
