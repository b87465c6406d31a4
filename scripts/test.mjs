// npm test: set-up, build, then every check. `npm test -- --only=lint,native,instructions,unit,architecture,integration`
// runs some of them; `--long` adds the tests that take minutes.
import { parseArgs } from 'node:util';
import { buildAddon, buildTypeScript } from './build-steps.mjs';
import { coloured, say, script, Stop } from './run.mjs';
import { setUp } from './setup.mjs';
import { countInstructions } from './instructions.mjs';
import { lint, nativeTests, nodeTests, suite } from './test-steps.mjs';

const { values: options } = parseArgs({
  options: { only: { type: 'string' }, long: { type: 'boolean', default: false } },
});

const steps = {
  lint,
  native: nativeTests,
  instructions: countInstructions,
  unit: () => nodeTests(suite('unit', options), options.long ? { timeoutMs: 900_000 } : {}),
  architecture: () => nodeTests(suite('architecture')),
  // Two at a time: they measure deadlines and share the processors with the servers that they start.
  integration: () =>
    nodeTests(suite('integration', options), { concurrency: 2, timeoutMs: options.long ? 900_000 : 180_000 }),
};

await script(async () => {
  const chosen = options.only?.split(',') ?? Object.keys(steps);
  const unknown = chosen.filter((name) => !(name in steps));
  if (unknown.length > 0) throw new Stop(`--only knows ${Object.keys(steps).join(', ')}, not ${unknown.join(', ')}`);
  await setUp('test');
  if (chosen.some((name) => name === 'integration' || name === 'architecture')) await build();
  const results = [];
  for (const name of chosen) results.push(await timed(name, steps[name]));
  summarise(results);
});

async function build() {
  await buildAddon();
  await buildTypeScript();
}

async function timed(name, step) {
  const started = Date.now();
  try {
    await step();
    return { name, seconds: (Date.now() - started) / 1000 };
  } catch (error) {
    if (!(error instanceof Stop)) throw error;
    return { name, seconds: (Date.now() - started) / 1000, failure: error.message };
  }
}

function summarise(results) {
  console.log('');
  for (const { name, seconds, failure } of results) {
    const mark = failure ? coloured('red', '✗ failed') : coloured('green', '✓ passed');
    say(`${mark}  ${name} (${seconds.toFixed(1)} s)${failure ? `\n    ${failure.replaceAll('\n', '\n    ')}` : ''}`);
  }
  const failed = results.filter(({ failure }) => failure);
  if (failed.length > 0) throw new Stop(`${failed.length} of ${results.length} steps failed`);
  say('everything passed');
}
