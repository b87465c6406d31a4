// What `fairlead check` says about whole configurations, byte for byte. The files lie in test/fixtures/configurations, each
// with what is said about it in a file of the same name that ends in .out; UPDATE=1 writes those anew, to be read before
// they are committed.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, test } from 'node:test';
import { command } from '../../lib/cli/command.js';
import type { Terminal } from '../../lib/cli/terminal.js';
import { codes } from '../../lib/diagnostics/codes.js';
import { realInstallPorts } from '../../lib/install/read.js';

const folder = resolve(import.meta.dirname, '../fixtures/configurations');
// Paths in configurations are relative to the working directory.
process.chdir(folder);

interface Case {
  /** Path without the ending, below `folder`. */
  readonly name: string;
  readonly path: string;
}

const casesOf = (kind: 'valid' | 'broken'): readonly Case[] =>
  readdirSync(kind)
    .filter((file) => !file.endsWith('.out'))
    .map((file) => ({ name: join(kind, file.replace(/\.[a-z]+$/, '')), path: join(kind, file) }));

/**
 * What a file asks for in a comment near its beginning: `# flags: …` for more arguments, `# arguments: …` for others than the
 * usual ones, `# environment: …` for variables.
 */
function wishes(path: string, word: 'flags' | 'arguments' | 'environment'): readonly string[] {
  if (statSync(path).isDirectory()) return [];
  const line = new RegExp(`^# ${word}: (.*)$`, 'm').exec(readFileSync(path, 'utf8').slice(0, 1000));
  return line?.[1]?.split(' ') ?? [];
}

function argumentsFor(path: string): readonly string[] {
  const wished = wishes(path, 'arguments');
  if (wished.length > 0) return wished;
  const flags = wishes(path, 'flags');
  if (path.includes('.install.')) return [`--configFile=${path}`, ...flags];
  const key = statSync(path).isDirectory() ? 'directory' : 'filename';
  return ['--configFile=install.yml', `--providers.file.${key}=${path}`, ...flags];
}

/** Everything that the command writes, and how it ends. */
async function said(path: string): Promise<string> {
  const variables = new Map(wishes(path, 'environment').map((text) => [text.split('=', 1)[0]!, text] as const));
  const lines: string[] = [];
  const terminal: Terminal = {
    environment: {},
    color: false,
    printsColor: false,
    print: (text) => void lines.push(text),
    tell: (text) => void lines.push(text),
    onSignal: () => () => undefined,
  };
  for (const [name, text] of variables) process.env[name] = text.slice(name.length + 1);
  try {
    const ports = { ...realInstallPorts(process.env), cpus: 1 };
    const exit = await command(['check', ...argumentsFor(path)], () => import('../../lib/index.js'), ports, terminal);
    return `${lines.join('\n')}\nexit ${exit}\n`;
  } finally {
    for (const name of variables.keys()) Reflect.deleteProperty(process.env, name);
  }
}

/** The findings in an output, each with the lines that belong to it. */
const findingsIn = (output: string): readonly string[] =>
  output.match(/^(?:error|warning|notice) FL\d{4} .*\n(?: .*\n)*/gm) ?? [];

for (const kind of ['valid', 'broken'] as const) {
  describe(`check of ${kind} configurations`, () => {
    for (const { name, path } of casesOf(kind)) {
      test(name, async () => {
        const output = await said(path);
        if (process.env['UPDATE'] === '1') writeFileSync(`${name}.out`, output);
        assert.equal(output, readFileSync(`${name}.out`, 'utf8'));
      });
    }
  });
}

test('every output belongs to a configuration', () => {
  const orphans = (['valid', 'broken'] as const).flatMap((kind) => {
    const known = new Set(casesOf(kind).map(({ name }) => `${name}.out`));
    return readdirSync(kind)
      .map((file) => join(kind, file))
      .filter((path) => path.endsWith('.out') && !known.has(path));
  });
  assert.deepEqual(orphans, []);
});

test('valid configurations have no errors and no warnings, and succeed', () => {
  for (const { name } of casesOf('valid')) {
    const output = readFileSync(`${name}.out`, 'utf8');
    assert.doesNotMatch(output, /^(error|warning)/m, name);
    assert.match(output, /\nexit 0\n$|^exit 0\n$/, name);
  }
});

describe('every finding about a broken configuration', () => {
  const findings = () =>
    casesOf('broken').flatMap(({ name }) => {
      const found = findingsIn(readFileSync(`${name}.out`, 'utf8'));
      assert.ok(found.length > 0, `${name} has no findings`);
      return found.map((text) => ({ name, text }));
    });

  test('says where: file, line and column, or the flag or variable', () => {
    for (const { name, text } of findings()) {
      assert.match(text, / {2}(\S+:\d+:\d+|flag --\S+|environment \S+)\n/, `${name}: ${text}`);
    }
  });

  test('shows the line with a caret', () => {
    for (const { name, text } of findings().filter((finding) => !/ {2}(flag|environment) \S+\n/.test(finding.text))) {
      assert.match(text, /^ *\d+ \|.*\n +\| +\^+/m, `${name}: ${text}`);
    }
  });

  test('says what still serves', () => {
    for (const { name, text } of findings().filter((finding) => !finding.text.startsWith('notice'))) {
      assert.match(text, /^ {2}effect {2}\S/m, `${name}: ${text}`);
    }
  });
});

/**
 * Findings of a running proxy or of the data plane, about files too large to keep here, about two providers or an entry point
 * for UDP, of which the command has only one and none; other tests have them.
 */
const elsewhere = [
  ...['FL1005', 'FL3022', 'FL3023', 'FL5013', 'FL6007'],
  ...['FL7001', 'FL7002', 'FL7003', 'FL7004', 'FL7005', 'FL7010'],
];

test('every code that check can report is among them', () => {
  const output = [...casesOf('broken'), ...casesOf('valid')].map(({ name }) => readFileSync(`${name}.out`, 'utf8'));
  const missing = Object.keys(codes).filter((code) => !output.some((text) => text.includes(` ${code} `)));
  assert.deepEqual(missing, elsewhere);
});
