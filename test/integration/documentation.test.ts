// What the documentation shows is true: its configurations pass the check, its links lead somewhere.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, test } from 'node:test';
import { check, renderDiagnostic } from '../../lib/index.js';
import { isMapping } from '../../lib/source/path.js';
import { parseText } from '../../lib/source/parse.js';
import { TestFolder } from '../support/proxy.js';

const root = resolve(import.meta.dirname, '../..');

const pages = [
  ...['README.md', 'CHANGELOG.md', 'CONTRIBUTING.md', 'examples/README.md', 'bench/README.md'],
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md'))
    .map((file) => join('docs', file)),
].map((page) => ({ page, text: readFileSync(join(root, page), 'utf8') }));

/** Blocks of one language, with the line they begin in. */
const blocks = (text: string, language: string) =>
  [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gm'))].map(({ 1: code = '', index }) => ({
    code,
    line: text.slice(0, index).split('\n').length,
  }));

/** Findings that are the example's intention, or come from files that only exist elsewhere. */
const expected = new Set(['FL1001', 'FL5001', 'FL6006', 'FL7006', 'FL1010']);

describe('a configuration in the documentation is well', () => {
  for (const { page, text } of pages) {
    for (const { code, line } of blocks(text, 'yaml')) {
      test(`${page}:${line}`, async () => {
        await using folder = await TestFolder.create();
        const filename = await folder.write('fairlead.yml', code);
        const value = parseText({ name: filename, text: code }).document?.value;
        assert.ok(isMapping(value), 'it is a mapping');
        // Where the block says nothing of its own, it is as if both kinds stood in one file.
        const { providers, ...rest } = value;
        const entryPoints = value['entryPoints'] ?? { web: { address: ':80' } };
        const file = isMapping(providers) && isMapping(providers['file']) ? providers['file'] : undefined;
        const ownFile = file !== undefined && file['filename'] !== 'fairlead.yml';
        const configFile = await folder.write('install.yml', {
          ...rest,
          entryPoints,
          providers: ownFile ? providers : { file: { filename } },
        });
        const { diagnostics } = await check({ configFile });
        const others = diagnostics.filter((diagnostic) => !expected.has(diagnostic.code));
        assert.deepEqual(
          others.map((diagnostic) => renderDiagnostic(diagnostic)),
          [],
        );
      });
    }
  }
});

/** The anchors of a page, as GitHub makes them of its headings. */
const anchors = (text: string): ReadonlySet<string> =>
  new Set(
    [...text.matchAll(/^#+ (.*)$/gm)].map(({ 1: heading = '' }) =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );

test('every link between files leads somewhere', () => {
  const broken = pages.flatMap(({ page, text }) =>
    [...text.matchAll(/\]\((?!https?:)([^)\s]+)\)/g)].flatMap(({ 1: target = '' }) => {
      const [path = '', anchor] = target.split('#');
      const file = path === '' ? join(root, page) : resolve(root, dirname(page), path);
      const found = existsSync(file) && (anchor === undefined || anchors(readFileSync(file, 'utf8')).has(anchor));
      return found ? [] : [`${page}: ${target} (${relative(root, file)})`];
    }),
  );
  assert.deepEqual(broken, []);
});

test('every page of docs/ is listed in its index', () => {
  const index = readFileSync(join(root, 'docs/README.md'), 'utf8');
  const missing = readdirSync(join(root, 'docs')).filter(
    (file) => file.endsWith('.md') && file !== 'README.md' && !index.includes(`(${file})`),
  );
  assert.deepEqual(missing, []);
});
