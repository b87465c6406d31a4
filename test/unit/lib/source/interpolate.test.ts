import assert from 'node:assert/strict';
import { test } from 'node:test';
import { interpolate } from '../../../../lib/source/interpolate.js';
import { objectDocument } from '../../../../lib/source/object.js';

const files: Readonly<Record<string, string>> = { '/run/secret': 'hunter2\n', '/run/pem': 'a\nb\n' };

function fill(value: unknown) {
  return interpolate(objectDocument(value, 'test'), {
    environment: { HOST: 'example.com', EMPTY: '', PORT: '8080' },
    readText: async (path) => {
      const text = files[path];
      if (text === undefined) throw new Error('there is no such file');
      return text;
    },
  });
}

const references: readonly (readonly [text: string, expected: string])[] = [
  ['${env:HOST}', 'example.com'],
  ['Host(`${env:HOST}`) && Port(`${env:PORT}`)', 'Host(`example.com`) && Port(`8080`)'],
  ['${env:MISSING:-default}', 'default'],
  ['${env:MISSING:-}', ''],
  ['${env:EMPTY:-default}', 'default'],
  ['${env:EMPTY}', ''],
  ['${file:/run/secret}', 'hunter2'],
  ['${file:/run/pem}', 'a\nb'],
  ['$${env:HOST}', '${env:HOST}'],
  ['/foo/${1}/$1', '/foo/${1}/$1'],
  ['$${1}', '$${1}'],
  ['plain', 'plain'],
];

for (const [text, expected] of references) {
  test(`replaces ${text}`, async () => {
    const { document, diagnostics } = await fill({ a: [text] });
    assert.deepEqual(document.value, { a: [expected] });
    assert.deepEqual(diagnostics, []);
  });
}

const faults: readonly (readonly [text: string, code: string])[] = [
  ['${env:MISSING}', 'FL1010'],
  ['${file:/nowhere}', 'FL1011'],
  ['${env:HOST', 'FL1012'],
  ['${env:}', 'FL1012'],
  ['${env:NOT A NAME}', 'FL1012'],
];

for (const [text, code] of faults) {
  test(`reports ${text} and keeps it as it is`, async () => {
    const { document, diagnostics, broken } = await fill({ a: { b: text } });
    assert.deepEqual(document.value, { a: { b: text } });
    assert.deepEqual(
      diagnostics.map((diagnostic) => [diagnostic.code, diagnostic.path]),
      [[code, 'a.b']],
    );
    assert.deepEqual(broken, [['a', 'b']]);
  });
}

test('remembers which values must not be shown', async () => {
  const { document } = await fill({ Users: ['admin:${file:/run/secret}', 'plain'], other: 'x' });
  const secret = [['users', 0], ['Users', 1], ['other']].map((path) => document.isSecret?.(path));
  assert.deepEqual(secret, [true, false, false]);
});

test('gives a document without references back as it is', async () => {
  const document = objectDocument({ a: 1, b: ['${1}'] }, 'test');
  const { document: same } = await interpolate(document, {
    environment: {},
    readText: () => Promise.reject(new Error()),
  });
  assert.equal(same, document);
});
