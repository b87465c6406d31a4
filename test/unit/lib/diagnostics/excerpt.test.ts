import assert from 'node:assert/strict';
import { test } from 'node:test';
import { excerptOf } from '../../../../lib/diagnostics/excerpt.js';
import { isSecretKey, redactText } from '../../../../lib/diagnostics/redact.js';

/** The last line of the excerpt that ends at `line`. */
function shown(text: string, line: number): string | undefined {
  return excerptOf({ kind: 'text', source: { name: 'a', text }, line, column: 1, length: 1 })?.lines.at(-1)?.text;
}

const hidden = '<redacted>';

const lines: readonly (readonly [name: string, text: string, line: number, expected: string])[] = [
  ['a password', 'password: hunter2\n', 1, `password: ${hidden}`],
  ['a quoted password in JSON', '{ "password": "hunter2", "a": 1 }', 1, `{ "password": ${hidden}, "a": 1 }`],
  ['a password in TOML', 'password = "hunter2"', 1, `password = ${hidden}`],
  ['a token among others in flow style', '{ token: abc, name: x }', 1, `{ token: ${hidden}, name: x }`],
  ['a list of users in flow style', 'users: ["a:b", "c:d"]', 1, `users: ${hidden}`],
  ['an entry of a list of users', 'users:\n  - admin:hash\n', 2, `  - ${hidden}`],
  ['an entry of a list that is not indented', 'users:\n- a:b\n- admin:hash\n', 3, `- ${hidden}`],
  ['an entry of a list in TOML', 'users = [\n  "admin:hash",\n]', 2, `  ${hidden}`],
  ['a block of a secret', 'clientSecret: |\n  line one\n  line two\n', 3, `  ${hidden}`],
  ['an Authorization header', 'headers:\n  Authorization: Bearer abc\n', 2, `  Authorization: ${hidden}`],
  ['a key below an object named like a secret', 'secret:\n  value: abc\n', 2, `  ${hidden}`],
  ['a hash wherever it stands', 'x: admin:$apr1$abc$def\n', 1, `x: ${hidden}`],
  ['credentials in an address', 'url: http://me:pw@host/\n', 1, `url: http://${hidden}@host/`],
  [
    'key material',
    'keyFile: |\n  -----BEGIN PRIVATE KEY-----\n  MIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n  -----END PRIVATE KEY-----\n',
    3,
    `  ${hidden}`,
  ],
];

for (const [name, text, line, expected] of lines) {
  test(`hides ${name}`, () => assert.equal(shown(text, line), expected));
}

const open: readonly (readonly [name: string, text: string, line: number])[] = [
  ['what stands beside a secret', 'users:\n  - a\nrealm: x\n', 3],
  ['a reference to a secret', 'password: ${env:PASSWORD}\n', 1],
  ['a list after a secret at the same level', 'password: x\nitems:\n  - a\n', 3],
  ['an option with a word in common', 'disableSessionTickets: true\n', 1],
  ['ordinary keys', 'rule: Host(`a`)\n', 1],
];

for (const [name, text, line] of open) {
  test(`shows ${name}`, () => assert.equal(shown(text, line), text.split('\n')[line - 1]));
}

test('control characters of a file do not reach the terminal', () => {
  assert.equal(shown('a: \u001b[31mred\u0007\n', 1), 'a: �[31mred�');
});

test('knows the names of secrets', () => {
  const secret = [
    'password',
    'Passwd',
    'token',
    'accessToken',
    'users',
    'clientSecret',
    'api-key',
    'hmacEncoded',
    'Authorization',
  ];
  for (const name of secret) assert.equal(isSecretKey(name), true, name);
  for (const name of ['user', 'usersFile', 'rule', 'tokenize', 'path', 'keyType', 'cookieName'])
    assert.equal(isSecretKey(name), name === 'tokenize', name);
});

test('a line of a mebibyte is shown as fast as any other', () => {
  for (const part of ['a', 'a.', 'a:', '${', ' ', '://']) {
    const text = `x: ${part.repeat(1024 * 1024)}\n`;
    const before = performance.now();
    shown(text, 1);
    assert.ok(performance.now() - before < 5000, part);
  }
});

test('a secret far into a long line is hidden', () => {
  const text = `{ "a": "${'x'.repeat(100_000)}", "password": "hunter2", "b": 1 }`;
  const column = text.indexOf('"b"') + 1;
  const excerpt = excerptOf({ kind: 'text', source: { name: 'a', text }, line: 1, column, length: 3 });
  assert.ok(excerpt?.lines[0]?.text.endsWith(`"password": ${hidden}, "b": 1 }`));
});

test('hides secrets in free text', () => {
  assert.equal(redactText('dial https://u:p@h: refused'), `dial https://${hidden}@h: refused`);
  assert.equal(redactText('9p://u:p@h'), `9p://${hidden}@h`);
  assert.equal(redactText('user bob:$2y$05$abcdefg.h is bad'), `user ${hidden} is bad`);
});
