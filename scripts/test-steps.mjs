// The steps of `npm test`, in the order in which they find faults fastest. Each returns nothing or throws `Stop`.
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { configure, ninja, releaseSettings } from './build-steps.mjs';
import { filesBelow, nativeSources } from './files.mjs';
import { root, run, runStatus, say, Stop } from './run.mjs';

const bin = (name, path) => join(root, 'node_modules', name, path);
const node = process.execPath;

/** Formatters, the linter and the type checker. All run, so that one look shows every complaint. */
export async function lint() {
  const failed = [];
  const check = async (name, command, args) => {
    say(`checking with ${name}`);
    if ((await runStatus(command, args)) !== 0) failed.push(name);
  };
  await check('prettier', node, [bin('prettier', 'bin/prettier.cjs'), '--check', '--log-level=warn', '.']);
  const sources = nativeSources();
  if (sources.length > 0) await check('clang-format', 'clang-format-16', ['--dry-run', '--Werror', ...sources]);
  await check('eslint', node, [bin('eslint', 'bin/eslint.js'), '.', '--cache', '--cache-location', 'out/eslint/']);
  await check('the type checker', node, [bin('typescript', 'bin/tsc'), '-p', 'tsconfig.test.json']);
  if (failed.length > 0)
    throw new Stop(`complaints from ${failed.join(', ')}; \`npm run format\` mends the formatting`);
}

/** The doctest executables and the replayed fuzz inputs, from the tree that the addon was built in. */
export async function nativeTests() {
  const tree = await configure('release', releaseSettings);
  say('building native unit tests');
  await ninja(tree, ['fairlead_unit_tests']);
  say('running native unit tests');
  await run('ctest', ['--test-dir', tree, '--output-on-failure', '-j', String(availableParallelism())]);
}

/**
 * node:test files, each in a process of its own: a crash of the addon fails one file. `concurrency` files run at once.
 */
export async function nodeTests(files, { concurrency = availableParallelism(), timeoutMs = 120_000, env = {} } = {}) {
  if (files.length === 0) return;
  const options = ['--test-reporter=spec', `--test-concurrency=${concurrency}`, `--test-timeout=${timeoutMs}`];
  const status = await runStatus(node, ['--import', 'tsx', ...options, '--test', ...files], { env });
  if (status !== 0) throw new Stop('node:test reports failures');
}

/** Test files by suite. Files named *.long.test.ts take minutes and run with `npm run test:long`. */
export function suite(name, { long = false } = {}) {
  const folders = {
    unit: ['test/unit/lib', 'test/unit/bench'],
    architecture: ['test/architecture'],
    integration: ['test/integration'],
  };
  return folders[name]
    .flatMap((folder) => filesBelow(folder, '.test.ts'))
    .filter((path) => long || !path.endsWith('.long.test.ts'));
}
