import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { explain, type LoadFailure } from '../../../../lib/engine/load-failure.js';

const usual: LoadFailure = {
  platform: 'linux',
  arch: 'x64',
  libc: { name: 'glibc', version: '2.36' },
  node: 'v20.20.2',
  root: '/app/node_modules/fairlead',
  override: undefined,
  candidates: ['/app/node_modules/fairlead/prebuilds/linux-x64/fairlead.glibc.node'],
  reason: 'it broke',
};

const cases: readonly (readonly [name: string, failure: Partial<LoadFailure>, cause: RegExp, command: RegExp])[] = [
  ['nothing is there', { candidates: [] }, /without its prebuilt files/, /npm install --force/],
  ['a clone was not built', { candidates: [], root: '/src/fairlead' }, /clone was not built/, /npm run build/],
  ['the platform is another', { platform: 'darwin', candidates: [] }, /this is darwin/, /Linux container/],
  [
    'the architecture is another',
    { arch: 'ia32', candidates: [] },
    /no prebuilt addon for linux ia32/,
    /npm run build/,
  ],
  [
    'glibc is old',
    { reason: "version `GLIBC_2.28' not found (required by x)" },
    /older than GLIBC 2\.28/,
    /node:20-bookworm/,
  ],
  [
    'it was copied from musl',
    { reason: 'Error relocating x: y: symbol not found' },
    /another system/,
    /npm install --force/,
  ],
  ['the file is cut off', { reason: '/app/x.node: file too short' }, /is damaged/, /npm install --force/],
  [
    'the file is cut off in the middle',
    { reason: '/app/x.node: ELF load command past end of file', root: '/src/fairlead' },
    /is damaged/,
    /npm run build/,
  ],
  ['the file cannot be loaded', { reason: '/app/x.node: something else' }, /is damaged/, /npm install --force/],
  [
    'none of the files is for this system',
    { reason: 'No native build was found for platform=linux arch=x64 libc=musl' },
    /no prebuilt addon for linux x64 with glibc/,
    /npm run build/,
  ],
  ['the mount forbids it', { reason: 'failed to map segment from shared object' }, /noexec/, /allows executing/],
  [
    'Node is old',
    { node: 'v16.0.0', reason: 'undefined symbol: napi_get_instance_data_v9' },
    /v16\.0\.0 is older/,
    /20\.19/,
  ],
  [
    'it is from another build',
    { reason: 'x belongs to another build of fairlead (…)' },
    /not from the same build/,
    /npm run build/,
  ],
  ['the override is wrong', { override: '/nowhere.node', candidates: [] }, /names a file that is not there/, /unset/],
];

describe('a load that failed is explained on one screen when', () => {
  for (const [name, failure, cause, command] of cases) {
    test(name, () => {
      const text = explain({ ...usual, ...failure });
      const lines = text.split('\n');
      assert.ok(lines.length <= 24 && lines.every((line) => line.length <= 200));
      assert.match(lines.find((line) => line.includes('Likely cause')) ?? '', cause);
      assert.match(lines.find((line) => line.includes('Do this')) ?? '', command);
    });
  }

  test('with the facts that a report needs', () => {
    const text = explain(usual);
    for (const fact of [
      'linux x64, glibc 2.36, Node v20.20.2',
      'prebuilds/linux-x64/fairlead.glibc.node',
      'it broke',
    ]) {
      assert.ok(text.includes(fact), fact);
    }
  });
});
