/** Configurations with changes in them that people and programs make by mistake, the same for the same seed. */
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join, resolve } from 'node:path';
import type { Random } from './random.js';

/** A configuration that is well, as text. */
export interface Seed {
  readonly name: string;
  readonly text: string;
}

const root = resolve(import.meta.dirname, '../../..');
const isText = (name: string): boolean => ['.yml', '.toml', '.json'].includes(extname(name));

/** Every dynamic configuration among the examples and the fixtures. */
export function seeds(): readonly Seed[] {
  const fixtures = join(root, 'test/fixtures/configurations/valid');
  const examples = join(root, 'examples');
  const found = [
    ...readdirSync(fixtures, { recursive: true, encoding: 'utf8' })
      .filter((name) => isText(name) && !name.includes('.install.'))
      .map((name) => join(fixtures, name)),
    ...readdirSync(examples, { recursive: true, encoding: 'utf8' })
      .filter((name) => /dynamic\.(?:yml|toml)$/.test(name))
      .map((name) => join(examples, name)),
  ];
  return found.sort().map((path) => ({ name: path.slice(root.length + 1), text: readFileSync(path, 'utf8') }));
}

/** What has broken readers of configurations before, or is easily written by mistake. */
const pieces = [
  ...[':', ': ', '- ', '{', '}', '[', ']', '"', "'", '`', '#', '|', '>', '&a', '*a', '!!binary ', '<<: *a', '?', '%'],
  ...['null', 'true', '~', '0', '-1', '1e999', '9223372036854775808', '0x10', '1.5s', '-5s', '.inf', '2026-01-01'],
  ...['\t', '\r', '\0', '\u00a0', '\u2028', '\ufeff', '\ud83d', 'é', '__proto__', 'constructor', 'toString'],
  ...['${env:NOBODY}', '${file:/nowhere}', '${env:', '@', '@file', '@internal', '*', 'Host(`', '&&', '||', '(a+)+$'],
  ...['http:\n', 'tls:\n', '  routers:\n', '[http]\n', '[[tls.certificates]]\n', ' = ', '"""', '=\n'],
];

type Change = (text: string, random: Random) => string;

const spliced = (text: string, at: number, length: number, put: string): string =>
  text.slice(0, at) + put + text.slice(at + length);
const onLines =
  (change: (lines: string[], at: number, random: Random) => void): Change =>
  (text, random) => {
    const lines = text.split('\n');
    change(lines, random.below(lines.length), random);
    return lines.join('\n');
  };

const changes: readonly Change[] = [
  (text, random) => spliced(text, random.below(text.length + 1), 0, random.pick(pieces)),
  (text, random) => spliced(text, random.below(text.length + 1), 1 + random.below(3), random.pick(pieces)),
  (text, random) => spliced(text, random.below(text.length + 1), 1 + random.below(12), ''),
  (text, random) => text.slice(0, random.below(text.length + 1)),
  onLines((lines, at) => lines.splice(at, 1)),
  onLines((lines, at) => lines.splice(at, 0, lines[at] ?? '')),
  onLines((lines, at, random) => lines.splice(at, 1, `${' '.repeat(random.below(5))}${(lines[at] ?? '').trimStart()}`)),
  onLines((lines, at, random) => lines.splice(random.below(lines.length), 0, ...lines.splice(at, 1))),
  // A name that is written otherwise, a value that is another kind of thing.
  onLines((lines, at) =>
    lines.splice(
      at,
      1,
      (lines[at] ?? '').replace(/[A-Za-z]{3}/, (part) => `${part}x`),
    ),
  ),
  onLines((lines, at, random) =>
    lines.splice(at, 1, (lines[at] ?? '').replace(/([:=] ).+$/, `$1${random.pick(pieces)}`)),
  ),
];

/** The text with one to three changes. */
export function mutated(text: string, random: Random): string {
  let changed = text;
  for (let count = 1 + random.below(3); count > 0; count--) changed = random.pick(changes)(changed, random);
  return changed;
}
