/**
 * Ways in which clients have fooled proxies, A1 to A57: each has a test that carries its id, in the table of raw requests or in
 * the title of an integration test. Others (D to F) are carried by titles of any test.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { readMessages } from '../support/lib/messages.js';
import { bytesOf, rawCases } from '../support/raw-cases.js';

const folder = resolve(import.meta.dirname, '../integration');

const titled = readdirSync(folder)
  .filter((name) => name.endsWith('.test.ts'))
  .flatMap((name) => readFileSync(join(folder, name), 'utf8').match(/(?:test|describe)\((['"`]).*?\1/g) ?? [])
  .flatMap((title) => title.match(/\bA[1-9][0-9]?\b/g) ?? []);
const inTable = rawCases.map(({ row }) => row);

test('every row has a test', () => {
  const rows = Array.from({ length: 57 }, (_, index) => `A${index + 1}`);
  const covered = new Set([...titled, ...inTable]);
  assert.deepEqual(
    rows.filter((row) => !covered.has(row)),
    [],
  );
  assert.deepEqual(
    [...covered].filter((row) => !rows.includes(row)),
    [],
  );
});

const everywhere = ['integration', 'unit/lib', 'unit/native'].flatMap((part) => {
  const within = resolve(import.meta.dirname, '..', part);
  return readdirSync(within, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.test\.ts$|_test\.cc$/.test(name))
    .flatMap(
      (name) =>
        readFileSync(join(within, name), 'utf8').match(/(?:test|describe|CASE)\((['"`]).*|^\s*'[A-Z]\d+: .*/gm) ?? [],
    );
});

/** Faults of servers, of what runs out, and of configurations, by the same numbers. */
const faults = [
  ...Array.from({ length: 21 }, (_, index) => `D${index + 1}`),
  ...['E8', 'E9', 'E12', 'F6', 'F7', 'F11', 'F12', 'F13', 'F14'],
];

test('faults of servers and configurations have a test that carries their number', () => {
  const carried = new Set(everywhere.flatMap((title) => title.match(/\b[DEF][1-9][0-9]?\b/g) ?? []));
  assert.deepEqual(
    faults.filter((row) => !carried.has(row)),
    [],
  );
});

/** A status alone would not show that these are forwarded rightly, or what is dropped from them. */
const needMoreThanAStatus = ['A24', 'A26', 'A28', 'A29', 'A36', 'A37', 'A38', 'A39', 'A41', 'A49', 'A51', 'A52', 'A55'];

test('rows about what is forwarded have a test that looks at it', () => {
  assert.deepEqual(
    needMoreThanAStatus.filter((row) => !titled.includes(row)),
    [],
  );
});

test('what may be forwarded of a row is no more than a plain reading of RFC 9112 finds in it', () => {
  for (const each of rawCases) {
    const { messages } = readMessages(bytesOf(each).toString('latin1'));
    const complete = messages.filter((message) => message.complete).length;
    assert.ok(each.upstream <= complete, `${each.id}: ${each.upstream} of ${complete}`);
  }
});
