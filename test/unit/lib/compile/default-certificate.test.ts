import assert from 'node:assert/strict';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { describe, test } from 'node:test';
import { generateDefaultCertificate } from '../../../../lib/compile/default-certificate.js';
import { der, objectIdentifier, time } from '../../../../lib/compile/der.js';

describe('the default certificate', () => {
  const now = new Date('2026-06-01T12:00:00Z');
  const { chain, key } = generateDefaultCertificate(now);
  const certificate = new X509Certificate(chain);

  test('is signed by its own key', () => {
    assert.ok(certificate.checkPrivateKey(createPrivateKey(key)));
    assert.ok(certificate.verify(certificate.publicKey));
    assert.equal(certificate.ca, false);
  });

  test('says what it is, with a name that nobody asks for', () => {
    assert.equal(certificate.subject, 'CN=FAIRLEAD DEFAULT CERT');
    assert.match(certificate.subjectAltName ?? '', /^DNS:[0-9a-f]{32}\.[0-9a-f]{32}\.fairlead\.default$/);
  });

  test('is valid for a year, and an hour back for slow clocks', () => {
    assert.equal(new Date(certificate.validFrom).toISOString(), '2026-06-01T11:00:00.000Z');
    assert.equal(new Date(certificate.validTo).toISOString(), '2027-06-01T12:00:00.000Z');
  });

  test('is another one each time', () => {
    assert.notEqual(generateDefaultCertificate(now).chain, chain);
  });
});

describe('DER', () => {
  const lengths: readonly (readonly [number, string])[] = [
    [0, '0400'],
    [127, '047f'],
    [128, '048180'],
    [256, '04820100'],
    [65536, '0483010000'],
  ];
  for (const [length, head] of lengths) {
    test(`writes the length ${length}`, () => {
      assert.equal(
        der(0x04, Buffer.alloc(length))
          .subarray(0, head.length / 2)
          .toString('hex'),
        head,
      );
    });
  }

  test('writes object identifiers in base 128', () => {
    assert.equal(objectIdentifier('1.2.840.10045.4.3.2').toString('hex'), '06082a8648ce3d040302');
  });

  test('writes years from 2050 on in full', () => {
    assert.equal(time(new Date('2049-12-31T23:59:59Z')).toString('latin1'), '\x17\r491231235959Z');
    assert.equal(time(new Date('2050-01-01T00:00:00Z')).toString('latin1'), '\x18\x0f20500101000000Z');
  });
});
