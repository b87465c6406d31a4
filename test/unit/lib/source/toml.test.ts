import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderDiagnostics } from '../../../../lib/diagnostics/render.js';
import type { Path } from '../../../../lib/source/origin.js';
import { parseToml } from '../../../../lib/source/toml.js';
import { brokenToml } from './broken-toml.js';

const read = (text: string) => parseToml({ name: 'fairlead.toml', text });

for (const { name, text, expected } of brokenToml) {
  test(`explains ${name}`, () => {
    assert.equal(`\n${renderDiagnostics(read(text).diagnostics)}`, expected);
  });
}

const text = `[entryPoints.web]
address = ":80"
[http.routers]
api = { rule = "Path(\`/\`)", middlewares = ["a", "b"] }
[[tls.certificates]]
certFile = "a.pem"
[[tls.certificates]]
certFile = "b.pem"
`;

test('reads tables, arrays of tables and inline tables', () => {
  assert.deepEqual(read(text).document?.value, {
    entryPoints: { web: { address: ':80' } },
    http: { routers: { api: { rule: 'Path(`/`)', middlewares: ['a', 'b'] } } },
    tls: { certificates: [{ certFile: 'a.pem' }, { certFile: 'b.pem' }] },
  });
});

const places: readonly (readonly [path: Path, part: 'key' | 'value', expected: string])[] = [
  [['entryPoints', 'web', 'address'], 'value', '2:11+5'],
  [['entrypoints', 'WEB', 'Address'], 'key', '2:1+7'],
  [['entryPoints', 'web'], 'value', '1:14+3'],
  [['http', 'routers', 'api', 'rule'], 'value', '4:16+11'],
  [['http', 'routers', 'api', 'middlewares', 1], 'value', '4:49+3'],
  [['tls', 'certificates', 1, 'certFile'], 'value', '8:12+7'],
  [['tls', 'certificates', 1, 'keyFile'], 'value', '7:3+16'],
];

for (const [path, part, expected] of places) {
  test(`knows the ${part} of ${path.join('.')}`, () => {
    const origin = read(text).document?.origin(path, part);
    assert.equal(origin?.kind === 'text' && `${origin.line}:${origin.column}+${origin.length}`, expected);
  });
}

test('reads dates as text, and large integers exactly', () => {
  const { document } = read('day = 2026-01-31\npriority = 9223372036854775806\n');
  assert.deepEqual(document?.value, { day: '2026-01-31', priority: 9223372036854775806n });
});

test('refuses what is nested too deeply', () => {
  const dotted = Array.from({ length: 150 }, () => 'a').join('.');
  for (const deep of [`${dotted} = 1\n`, `a = ${'['.repeat(150)}${']'.repeat(150)}\n`]) {
    assert.equal(read(deep).diagnostics[0]?.code, 'FL1006');
  }
});
