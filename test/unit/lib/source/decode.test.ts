import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { renderDiagnostics } from '../../../../lib/diagnostics/render.js';
import { decode, type DecodeOptions } from '../../../../lib/source/decode.js';
import { bare, notYet, withoutEffect } from '../../../../lib/source/marks.js';
import { objectDocument } from '../../../../lib/source/object.js';
import { duration, stringList } from '../../../../lib/source/scalars.js';
import { parseYaml } from '../../../../lib/source/yaml.js';
import type { BrokenText } from './broken-text.js';

const router = z.strictObject({
  rule: z.string().min(1),
  service: z.string(),
  priority: z.int().default(0),
  middlewares: stringList.default([]),
  tls: bare(z.strictObject({ options: z.string().default('default') })).optional(),
  timeout: duration.default(5n),
  sticky: notYet('Sticky sessions.'),
  autoDetect: withoutEffect(z.boolean().optional(), 'it was deprecated'),
});
const root = z.strictObject({
  http: z
    .strictObject({
      routers: z.record(z.string(), router).default({}),
      mode: z.enum(['wrr', 'p2c']).default('wrr'),
      users: stringList.default([]),
    })
    .prefault({}),
  tls: z.strictObject({ certificates: z.array(z.strictObject({ certFile: z.string() })).default([]) }).optional(),
});

function read(text: string, options?: DecodeOptions) {
  const { document, diagnostics } = parseYaml({ name: 'dynamic.yml', text });
  assert.deepEqual(diagnostics, []);
  assert.ok(document);
  return decode(root, document, options);
}

const broken: readonly BrokenText[] = [
  {
    name: 'an unknown key, and not that the key that was meant is missing',
    text: 'http:\n  routers:\n    api: { rule: a, servce: b }\n',
    expected: `
error FL2001 unknown key "servce" in http.routers.api           dynamic.yml:3:21
   1 | http:
   2 |   routers:
   3 |     api: { rule: a, servce: b }
     |                     ^^^^^^ did you mean "service"?
`,
  },
  {
    name: 'every required key that is missing',
    text: 'http:\n  routers:\n    api:\n',
    expected: `
error FL2003 "rule" is required in http.routers.api             dynamic.yml:3:5
   1 | http:
   2 |   routers:
   3 |     api:
     |     ^^^
error FL2003 "service" is required in http.routers.api          dynamic.yml:3:5
   1 | http:
   2 |   routers:
   3 |     api:
     |     ^^^
`,
  },
  {
    name: 'a list in place of a number',
    text: 'http:\n  routers:\n    api: { rule: a, service: b, priority: [1] }\n',
    expected: `
error FL2002 "priority" must be a number, not a list            dynamic.yml:3:43
   1 | http:
   2 |   routers:
   3 |     api: { rule: a, service: b, priority: [1] }
     |                                           ^^^
`,
  },
  {
    name: 'a fraction in place of an integer',
    text: 'http:\n  routers:\n    api: { rule: a, service: b, priority: 1.5 }\n',
    expected: `
error FL2002 "priority" must be an integer, not 1.5             dynamic.yml:3:43
   1 | http:
   2 |   routers:
   3 |     api: { rule: a, service: b, priority: 1.5 }
     |                                           ^^^
`,
  },
  {
    name: 'a mapping in place of a list of objects',
    text: 'tls:\n  certificates:\n    certFile: a.pem\n',
    expected: `
error FL2002 "certificates" must be a list, not a mapping       dynamic.yml:2:3
   1 | tls:
   2 |   certificates:
     |   ^^^^^^^^^^^^ begin each entry with "- "
`,
  },
  {
    name: 'a mapping inside a list of texts',
    text: 'http:\n  routers:\n    api:\n      rule: a\n      service: b\n      middlewares:\n        - name: auth\n',
    expected: `
error FL2002 "middlewares[0]" must be text, not a mapping       dynamic.yml:7:11
   5 |       service: b
   6 |       middlewares:
   7 |         - name: auth
     |           ^^^^^^^^^^
`,
  },
  {
    name: 'a value that is not among those allowed',
    text: 'http:\n  mode: p3c\n',
    expected: `
error FL2004 "mode" must be "wrr" or "p2c", not "p3c"           dynamic.yml:2:9
   1 | http:
   2 |   mode: p3c
     |         ^^^ did you mean "p2c"?
`,
  },
  {
    name: 'a renamed option',
    text: 'http:\n  ipWhiteList: {}\n',
    expected: `
error FL2009 unknown key "ipWhiteList" in http                  dynamic.yml:2:3
   1 | http:
   2 |   ipWhiteList: {}
     |   ^^^^^^^^^^^ Traefik v3 renamed it to "ipAllowList"
`,
  },
  {
    name: 'options that are not supported, and that do nothing, as warnings',
    text: 'http:\n  routers:\n    api:\n      rule: a\n      service: b\n      sticky: { cookie: {} }\n      autoDetect: true\n',
    expected: `
warning FL2010 "http.routers.api.sticky" is not supported yet   dynamic.yml:6:7
   4 |       rule: a
   5 |       service: b
   6 |       sticky: { cookie: {} }
     |       ^^^^^^
  effect  the key is ignored; everything else applies
warning FL2011 "http.routers.api.autoDetect" has no effect: it was deprecated  dynamic.yml:7:7
   5 |       service: b
   6 |       sticky: { cookie: {} }
   7 |       autoDetect: true
     |       ^^^^^^^^^^
  effect  the key is ignored; everything else applies
`,
  },
  {
    name: 'a secret of the wrong type without showing it',
    text: 'http:\n  users: { admin: hunter2 }\n',
    expected: `
error FL2002 "users" must be a list, not a mapping              dynamic.yml:2:10
   1 | http:
   2 |   users: <redacted>
     |          ^^^^^^^^^^ begin each entry with "- "
`,
  },
];

for (const { name, text, expected } of broken) {
  test(`reports ${name}`, () => {
    assert.equal(`\n${renderDiagnostics(read(text).diagnostics)}`, expected);
  });
}

test('finds keys in any case, and reads what flags and labels deliver', () => {
  const { value, diagnostics } = read(`
HTTP:
  ROUTERS:
    Api: { RULE: 5, Service: true, PRIORITY: "7", Middlewares: "a, b", TLS: "true", timeout: 3 }
`);
  assert.deepEqual(diagnostics, []);
  assert.deepEqual(value?.http.routers, {
    Api: {
      rule: '5',
      service: 'true',
      priority: 7,
      middlewares: ['a', 'b'],
      tls: { options: 'default' },
      timeout: 3_000_000_000n,
    },
  });
});

const tlsForms: readonly (readonly [written: string, expected: object | undefined])[] = [
  ['true', { options: 'default' }],
  ['{}', { options: 'default' }],
  ['', { options: 'default' }],
  ['{ options: strict }', { options: 'strict' }],
  ['false', undefined],
];

for (const [written, expected] of tlsForms) {
  test(`an object that may be bare is read from "tls: ${written}"`, () => {
    const { value } = read(`http:\n  routers:\n    api:\n      rule: a\n      service: b\n      tls: ${written}\n`);
    assert.deepEqual(value?.http.routers['api']?.tls, expected);
  });
}

test('without isolation there is no value as soon as there is an error', () => {
  const decoded = read('http:\n  routers:\n    good: { rule: a, service: b }\n    bad: {}\n');
  assert.equal(decoded.value, undefined);
  assert.deepEqual(decoded.dropped, []);
});

const isolate = {
  isolate: true,
  effectOf: (entry: unknown) => (entry === undefined ? 'left out' : 'disabled'),
} as const;

test('leaves out broken entries alone, and still knows where the others are', () => {
  const { value, dropped, damaged, document } = read(
    `
http:
  routers:
    good: { rule: a, service: b }
    bad: { rule: "" }
tls:
  certificates:
    - certFile: a
    - { certfile: b, keyfile: c }
    - certFile: [d]
    - certFile: e
`,
    isolate,
  );
  assert.deepEqual(Object.keys(value?.http.routers ?? {}), ['good']);
  assert.deepEqual(value?.tls?.certificates, [{ certFile: 'a' }, { certFile: 'e' }]);
  assert.deepEqual(dropped.map((path) => path.join('.')).sort(), [
    'http.routers.bad',
    'tls.certificates.1',
    'tls.certificates.2',
  ]);
  assert.equal(damaged, false);
  assert.equal((document.origin(['tls', 'certificates', 1, 'certFile']) as { line: number }).line, 11);
});

test('leaves out a value outside of entries, falls back to its default and says so', () => {
  const { value, dropped, damaged, diagnostics } = read('http:\n  mode: p3c\n  modes: x\n  routers: 5\n', isolate);
  assert.deepEqual(value?.http, { mode: 'wrr', routers: {}, users: [] });
  assert.deepEqual(dropped, []);
  assert.equal(damaged, true);
  assert.deepEqual([...new Set(diagnostics.map(({ effect }) => effect))], ['left out']);
});

test('tells the effect on the entry that a finding lies in', () => {
  const { diagnostics } = read('http:\n  routers:\n    bad.name: { rule: "", service: b }\n', isolate);
  assert.deepEqual(
    diagnostics.map(({ path, effect }) => [path, effect]),
    [['http.routers."bad.name".rule', 'disabled']],
  );
});

test('counts values that could not be resolved as broken', () => {
  const { value, dropped } = read(
    'HTTP:\n  routers:\n    a: { rule: x, service: s }\n    b: { rule: y, service: s }\n',
    {
      isolate: true,
      broken: [['HTTP', 'routers', 'a', 'rule']],
    },
  );
  assert.deepEqual(Object.keys(value?.http.routers ?? {}), ['b']);
  assert.deepEqual(dropped, [['http', 'routers', 'a']]);
});

test('decodes a part of a document', () => {
  const document = objectDocument({ deep: [{ rule: 'a', service: 'b' }, { rule: '' }] }, 'createProxy()');
  assert.equal(decode(router, document, { path: ['deep', 0] }).value?.rule, 'a');
  assert.deepEqual(
    decode(router, document, { path: ['deep', 1] }).diagnostics.map(({ path, origin }) => [path, origin.kind]),
    [
      ['deep[1].rule', 'object'],
      ['deep[1].service', 'object'],
    ],
  );
});

test('never changes what it is given', () => {
  const shared = { rule: 'a', service: 'b', priority: '1' };
  const input = { http: { routers: { one: shared, two: shared } } };
  const { value } = decode(root, objectDocument(input, 'test'));
  assert.deepEqual(shared, { rule: 'a', service: 'b', priority: '1' });
  assert.equal(value?.http.routers['two']?.priority, 1);
});

test('decodes 20,000 routers, every hundredth broken, in linear time', () => {
  const routers = Object.fromEntries(
    Array.from({ length: 20_000 }, (_, index) => [
      `r${index}`,
      index % 100 === 0 ? { rule: '' } : { rule: 'a', service: 'b' },
    ]),
  );
  const before = performance.now();
  const { value, dropped, diagnostics } = decode(root, objectDocument({ http: { routers } }, 'test'), isolate);
  assert.equal(Object.keys(value?.http.routers ?? {}).length, 19_800);
  assert.equal(dropped.length, 200);
  assert.equal(diagnostics.length, 400);
  assert.ok(performance.now() - before < 5_000);
});
