// npm run fuzz -- NAME [SECONDS]: runs test/fuzz/NAME_fuzz.cc under libFuzzer with the address and undefined-behaviour
// sanitizers. Inputs come from test/fuzz/corpus/NAME; new ones are kept in out/fuzz/corpus/NAME, a crash is written there.
import { existsSync, mkdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { configure, ninja } from './build-steps.mjs';
import { filesBelow } from './files.mjs';
import { root, run, say, script, Stop } from './run.mjs';
import { setUp } from './setup.mjs';

const kDefaultSeconds = '60';
const [name = '', seconds = kDefaultSeconds] = process.argv.slice(2);

await script(async () => {
  const names = filesBelow('test/fuzz', '_fuzz.cc').map((path) => basename(path, '_fuzz.cc'));
  if (!names.includes(name))
    throw new Stop(`which target? npm run fuzz -- NAME [SECONDS], NAME one of ${names.join(', ')}`);
  await setUp('develop');
  const tree = await configure('fuzz', {
    CMAKE_C_COMPILER: '/usr/bin/clang-16',
    CMAKE_CXX_COMPILER: '/usr/bin/clang++-16',
    CMAKE_BUILD_TYPE: 'Debug',
    FAIRLEAD_SANITIZE: 'address',
    FAIRLEAD_FUZZ: 'ON',
  });
  await ninja(tree, [`${name}_fuzz`]);
  const found = join(tree, 'corpus', name);
  mkdirSync(found, { recursive: true });
  const seeds = join(root, 'test/fuzz/corpus', name);
  const folders = existsSync(seeds) ? [found, seeds] : [found];
  say(`fuzzing ${name} for ${seconds} s`);
  await run(join(tree, `${name}_fuzz`), [
    ...folders,
    `-max_total_time=${seconds}`,
    `-artifact_prefix=${found}/`,
    '-print_final_stats=1',
  ]);
});
