/** The same as half-written.test.ts says, with a real file system, its clock and its notifications. */
import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { file } from '../../../../lib/providers/file.js';
import { realPorts } from '../../../../lib/providers/ports.js';
import { Random } from '../../../support/lib/random.js';

const routers = 12;
const version = (number: number): string =>
  [
    'http:',
    '  routers:',
    ...Array.from({ length: routers }, (_, index) => `    r${index}: { rule: "Path(\`/v${number}\`)", service: s }`),
    '',
  ].join('\n');

/** Ways of writing a file; `pause` milliseconds lie between the two halves. */
const writers: readonly ((path: string, text: string, cut: number, pause: number) => Promise<void>)[] = [
  async (path, text, cut, pause) => {
    writeFileSync(path, text.slice(0, cut));
    await delay(pause);
    appendFileSync(path, text.slice(cut));
  },
  async (path, text, cut, pause) => {
    writeFileSync(`${path}.new`, text.slice(0, cut));
    await delay(pause);
    appendFileSync(`${path}.new`, text.slice(cut));
    renameSync(`${path}.new`, path);
  },
];

test('200 files written in two halves are delivered whole', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'half-'));
  const path = join(folder, 'a.yml');
  writeFileSync(path, version(0));
  const random = new Random(3);
  const stop = new AbortController();
  const seen: string[] = [];
  let written = 0;
  const reading = (async () => {
    for await (const { documents } of file.deliveries({ watch: true, filename: path }, realPorts({}), stop.signal)) {
      const { http } = documents[0]?.document.value as {
        http: { routers: Readonly<Record<string, { rule: string }>> };
      };
      const rules = new Set(Object.values(http.routers).map(({ rule }) => rule));
      assert.equal(Object.keys(http.routers).length, routers, `half of version ${written}`);
      assert.equal(rules.size, 1, [...rules].join());
      seen.push([...rules].join());
    }
  })();
  for (written = 1; written <= 200; written++) {
    const text = version(written);
    await random.pick(writers)(path, text, random.below(text.length), random.below(50));
    // Now and then long enough for the version to be read.
    await delay(random.chance(30) ? 250 : random.below(60));
  }
  while (seen.at(-1) !== 'Path(`/v200`)') await delay(50);
  stop.abort();
  await reading;
  assert.ok(seen.length > 20, `${seen.length} versions were read`);
  rmSync(folder, { recursive: true });
});
