import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { LargeText } from '../../../../lib/source/large-text.js';
import type { Document, Path } from '../../../../lib/source/origin.js';
import { parseText } from '../../../../lib/source/parse.js';
import { isMapping } from '../../../../lib/source/path.js';
import { finish } from '../../../../lib/work.js';
import { manyRouters } from '../../../support/lib/many-routers.js';
import { Random } from '../../../support/lib/random.js';

const read = (large: LargeText, name: string, text: string) => finish(large.read({ name, text }));

/** What the documents say together. */
function joined(documents: readonly Document[]): Record<string, unknown> {
  const add = (all: Record<string, unknown>, more: Record<string, unknown>, depth: number): void => {
    for (const [key, value] of Object.entries(more)) {
      if (depth < 2 && isMapping(value) && isMapping(all[key])) add(all[key], value, depth + 1);
      else if (key in all) assert.fail(`${key} stands in two parts`);
      else all[key] = structuredClone(value);
    }
  };
  const all: Record<string, unknown> = {};
  for (const { value } of documents) add(all, value as Record<string, unknown>, 0);
  return all;
}

const library = (name: string, text: string) => parseText({ name, text });

/** The parts say what the text as a whole says, in its order and at its places; whether it was read in parts. */
function compared(large: LargeText, name: string, text: string, places: number, random: Random): boolean {
  const parts = read(large, name, text);
  if (parts === undefined) return false;
  const { document, diagnostics } = library(name, text);
  assert.deepEqual(diagnostics, []);
  const value = joined(parts);
  assert.equal(JSON.stringify(value), JSON.stringify(document?.value));
  for (let at = 0; at < places; at++) {
    const part: Document = random.pick(parts);
    const path = somePath(part.value, random);
    if (path.length < 3) continue;
    const kind = random.chance(50) ? 'key' : 'value';
    assert.deepEqual(part.origin(path, kind), document?.origin(path, kind), path.join('.'));
  }
  return true;
}

function somePath(value: unknown, random: Random): Path {
  if (typeof value !== 'object' || value === null || Object.keys(value).length === 0 || random.chance(10)) return [];
  const key = random.pick(Object.keys(value));
  const inner = (value as Record<string, unknown>)[key];
  return [Array.isArray(value) ? Number(key) : key, ...somePath(inner, random)];
}

const more = {
  yml: '# more\ntls:\n  certificates:\n    - certFile: a\n      keyFile: b\n',
  json: undefined,
} as const;

const textOf = (format: 'yml' | 'json', count = 2_000): string => manyRouters(count, format) + (more[format] ?? '');

for (const format of ['yml', 'json'] as const)
  describe(`a large ${format} text`, () => {
    const name = `a.${format}`;

    test('is read in parts, which say what it says', () => {
      const random = new Random(1);
      const large = new LargeText();
      assert.ok(compared(large, name, textOf(format), 40, random));
      assert.ok((read(large, name, textOf(format))?.length ?? 0) > 5);
    });

    test('keeps the parts that stay as they are, which know their new places', () => {
      const random = new Random(2);
      const large = new LargeText();
      const text = textOf(format);
      const before = read(large, name, text) ?? [];
      const changed = text.replace('h1000.example.com', 'other.example.com');
      const after = read(large, name, changed) ?? [];
      assert.equal(after.length, before.length);
      assert.equal(after.filter((part) => !before.includes(part)).length, 1);
      const longer = changed.replace('example.com', 'a.much.longer.example.com');
      assert.ok(compared(large, name, longer, 40, random));
    });

    test('keeps what is equal in a part that is read again, unless hardly anything is', () => {
      const large = new LargeText();
      const text = textOf(format);
      const all = (from: readonly Document[]): Readonly<Record<string, unknown>> =>
        Object.assign(
          {},
          ...from.map(({ value }) => (value as { http?: { routers?: object } }).http?.routers),
        ) as Readonly<Record<string, unknown>>;
      const before = read(large, name, text) ?? [];
      const one = read(large, name, text.replace('h1000.example.com', 'longer.h1000.example.com')) ?? [];
      const [old, now] = [all(before), all(one)];
      assert.deepEqual(
        Object.keys(now).filter((key) => now[key] !== old[key]),
        ['r1000'],
      );
      const [changed] = before.filter((part) => !one.includes(part));
      assert.ok(changed);
      // Who holds it from before finds it where it stands now.
      const path = ['http', 'routers', 'r1001', 'rule'];
      const place = one.find((part) => part.places === changed.places)?.origin(path);
      assert.deepEqual(changed.places?.origin(path), place);
      assert.deepEqual(place, library(name, text.replace('h1000', 'longer.h1000')).document?.origin(path));
      const many = all(read(large, name, text.replaceAll('example.com', 'example.org')) ?? []);
      assert.ok(Object.keys(many).every((key) => many[key] !== now[key]));
    });

    test('with a key twice, far apart, is read as a whole', () => {
      const large = new LargeText();
      const text = textOf(format);
      assert.ok(read(large, name, text));
      assert.equal(read(large, name, text.replace('r1900', 'r100')), undefined);
      assert.ok(read(large, name, text));
      assert.equal(read(new LargeText(), name, text.replace('r1900', 'r100')), undefined);
    });

    test('that is changed again and again says the same in parts as it says as a whole: 60 changes', () => {
      const random = new Random(Number(process.env['FAIRLEAD_TEST_SEED'] ?? '3'));
      const large = new LargeText();
      const good = textOf(format, 1_500);
      let [text, sure] = [good, 0];
      for (let number = 0; number < 60; number++) {
        text = random.chance(15) ? good : edited(text, random, format);
        if (compared(large, name, text, random.chance(15) ? 20 : 0, random)) sure += 1;
        // What cannot be read in parts would hide what follows.
        else if (random.chance(60)) text = good;
      }
      assert.ok(sure > 20, `only ${sure} were read in parts`);
    });
  });

/** What may break the structure, and what does not. */
const pieces = {
  yml: [
    'http:\n',
    '  routers:\n',
    '  services:\n',
    '    x:\n',
    '    r7:\n',
    '---\n',
    '\t',
    '- a\n',
    '# a\n',
    '\n',
    'tls: {}\n',
    '|',
  ],
  json: [
    '{',
    '}',
    '"',
    ',',
    '"http": {',
    '"routers": {}',
    '},"routers":{',
    '\t',
    '\\',
    '[',
    '1',
    '"r7": {},',
    '\n',
    ' ',
  ],
} as const;

function edited(text: string, random: Random, format: 'yml' | 'json'): string {
  const at = random.below(text.length);
  const line = text.lastIndexOf('\n', at) + 1;
  switch (random.below(6)) {
    case 0:
      return text.slice(0, line) + text.slice(text.indexOf('\n', line) + 1);
    case 1:
      return text.slice(0, line) + random.pick(pieces[format]) + text.slice(line);
    case 2:
      return text.slice(0, at) + random.pick(pieces[format]) + text.slice(at + random.below(3));
    case 3: {
      // Entries that go, or change their places.
      const [from, to] = [line, text.indexOf('\n', line + random.below(20_000)) + 1];
      const taken = text.slice(from, to);
      const rest = text.slice(0, from) + text.slice(to);
      const put = rest.lastIndexOf('\n', random.below(rest.length)) + 1;
      return random.chance(50) ? rest : rest.slice(0, put) + taken + rest.slice(put);
    }
    default:
      return text.replace(`h${random.below(1_500)}.`, `other${random.below(100)}.`);
  }
}
