// npm run coverage: which lines the tests execute, in TypeScript (c8) and in C++ (gcov), in one summary.
// Details: coverage/lcov.info for TypeScript, coverage/native.json for C++.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { buildAddon, buildTypeScript, configure, ninja } from './build-steps.mjs';
import { nativeCoverage } from './native-coverage.mjs';
import { root, run, runStatus, say, script, Stop } from './run.mjs';
import { setUp } from './setup.mjs';
import { suite } from './test-steps.mjs';

await script(async () => {
  await setUp('test');
  const defines = { CMAKE_BUILD_TYPE: 'Debug', FAIRLEAD_COVERAGE: 'ON' };
  const tree = await configure('coverage', defines);
  await run('find', [tree, '-name', '*.gcda', '-delete']);
  const home = join(tree, 'addon');
  await buildAddon('coverage', defines, join(home, 'build', 'Release'));
  writeFileSync(join(home, 'package.json'), '{"name":"fairlead"}\n');
  await buildTypeScript();
  await ninja(tree, ['fairlead_unit_tests']);
  rmSync(join(root, 'coverage'), { recursive: true, force: true });
  mkdirSync(join(root, 'coverage'));

  say('native unit tests');
  const native = await runStatus('ctest', ['--test-dir', tree, '-j', String(availableParallelism()), '--quiet']);
  say('TypeScript tests, unit and integration');
  const typescript = await typeScriptTests(home);
  await nativeCoverage(tree, join(root, 'coverage', 'native.json'));
  if (native !== 0 || typescript !== 0) throw new Stop('some tests failed: the figures are those of the rest');
});

/** Runs the node:test suites under c8, which also follows the processes that they start. */
function typeScriptTests(home) {
  const c8 = join(root, 'node_modules/c8/bin/c8.js');
  const report = ['--include', 'lib/**', '--all', '--src', 'lib', '--extension', '.ts', '--reporter', 'text-summary'];
  const tests = ['--import', 'tsx', '--test-reporter=dot', '--test-concurrency=2', '--test-timeout=180000', '--test'];
  const files = [...suite('unit'), ...suite('integration')];
  const command = [c8, ...report, '--reporter', 'lcov', '-o', 'coverage', process.execPath, ...tests, ...files];
  return runStatus(process.execPath, command, { env: { FAIRLEAD_PREBUILD: home } });
}
