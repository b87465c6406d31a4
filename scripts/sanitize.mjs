// npm run sanitize:address | sanitize:thread: native unit tests, then the integration tests, with every native line
// instrumented (address brings undefined behaviour along). `-- --only=native` or `-- --only=integration part-of-a-path` does less, `-- --long` more.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename, join } from 'node:path';
import { buildAddon, buildTypeScript, configure, ninja } from './build-steps.mjs';
import { output, root, run, say, script, Stop } from './run.mjs';
import { setUp } from './setup.mjs';
import { suite } from './test-steps.mjs';
import { isClean, totals, watchedTests } from './watched-tests.mjs';

const kinds = {
  address: {
    runtime: 'libasan.so',
    // Leaks are looked for in the unit tests alone: Node does not free everything when it ends.
    unit: { ASAN_OPTIONS: 'detect_leaks=1:strict_string_checks=1:detect_stack_use_after_return=1' },
    node: { ASAN_OPTIONS: 'detect_leaks=0:strict_string_checks=1' },
  },
  thread: {
    runtime: 'libtsan.so',
    unit: { TSAN_OPTIONS: 'halt_on_error=0:second_deadlock_stack=1' },
    // Node itself is not instrumented: what it does alone is none of our business.
    node: { TSAN_OPTIONS: 'halt_on_error=0:ignore_noninstrumented_modules=1:report_signal_unsafe=0' },
  },
};

/** Deadlines in tests are stretched: everything is slower by a factor of three to ten. */
const kSlowdown = '5';
/** What one test file may take; the slowest needs two minutes on a machine that does nothing else. */
const kLimitMs = 600_000;
/** The tests measure deadlines and share the processors with the servers that they start. */
const kConcurrency = 2;

const [kind = '', ...rest] = process.argv.slice(2);
const part = rest.find((word) => !word.startsWith('--')) ?? '';

await script(async () => {
  const settings = kinds[kind];
  if (!settings) throw new Stop('which sanitizer: address or thread?');
  await setUp('test');
  const variant = `sanitize-${kind}`;
  const defines = { CMAKE_BUILD_TYPE: 'Debug', FAIRLEAD_SANITIZE: kind };
  if (!rest.includes('--only=integration')) await native(variant, defines, settings);
  if (!rest.includes('--only=native')) await integration(variant, defines, settings);
});

async function native(variant, defines, settings) {
  const tree = await configure(variant, defines);
  say(`native unit tests with the ${kind} sanitizer`);
  await ninja(tree, ['fairlead_unit_tests']);
  const jobs = String(availableParallelism());
  await run('ctest', ['--test-dir', tree, '--output-on-failure', '-j', jobs], { env: settings.unit });
}

/** The integration suite with the instrumented addon, and the sanitizer's runtime loaded before Node. */
async function integration(variant, defines, settings) {
  const home = join(root, 'out', variant, 'addon');
  await buildAddon(variant, defines, join(home, 'build', 'Release'));
  await buildTypeScript();
  writeFileSync(join(home, 'package.json'), '{"name":"fairlead"}\n');
  say('integration tests with the instrumented addon');
  const preload = output('gcc', [`-print-file-name=${settings.runtime}`])?.trim();
  const reports = join(home, 'reports');
  rmSync(reports, { recursive: true, force: true });
  const folderOf = (file) => join(reports, basename(file, '.test.ts'));
  const environment = (file) => {
    mkdirSync(folderOf(file), { recursive: true });
    return {
      LD_PRELOAD: preload,
      FAIRLEAD_PREBUILD: home,
      FAIRLEAD_TEST_SLOWDOWN: kSlowdown,
      ...logTo(folderOf(file), settings.node),
    };
  };
  const files = suite('integration', { long: rest.includes('--long') }).filter((path) => path.includes(part));
  const limitMs = rest.includes('--long') ? 4 * kLimitMs : kLimitMs;
  const results = await watchedTests(files, { concurrency: kConcurrency, limitMs, environment, reports: folderOf });
  const unclean = results.filter((result) => !isClean(result)).map(({ file }) => file);
  say(totals(results));
  if (unclean.length > 0) throw new Stop(`not clean with the ${kind} sanitizer: ${unclean.join(', ')}`);
}

/** Reports go to files: the tests keep what a proxy writes to themselves. */
function logTo(folder, options) {
  const target = `log_path=${join(folder, 'report')}`;
  return Object.fromEntries(Object.entries(options).map(([key, value]) => [key, `${value}:${target}`]));
}
