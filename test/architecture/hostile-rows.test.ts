/**
 * Ways in which clients have fooled proxies, A1 to A57: each has a test that carries its id, in the table of raw requests or in
 * the title of an integration test.
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
