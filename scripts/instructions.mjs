// npm run bench:instructions: counts the instructions of a request's path through the data plane under cachegrind, which
// gives the same figure on a busy machine as on an idle one, and fails when one has grown by more than 5 percent.
// `--update` writes the figures as the new baseline; say in the commit why they grew.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { configure, ninja, releaseSettings } from './build-steps.mjs';
import { instructionsPerUnit } from './cachegrind.mjs';
import { output, root, say, script, Stop } from './run.mjs';
import { setUp } from './setup.mjs';

const BASELINE = join(root, 'bench', 'instructions.json');
const PROGRAM = 'engine_request_path_bench';
const SCENARIOS = ['keep-alive', 'connection'];
const ALLOWED_GROWTH = 0.05;
const FEW = 1000;
const MANY = 4000;

/** What the figures depend on beside our own code. */
const toolchain = () => `${process.arch}, ${output('c++', ['--version'])?.split('\n')[0] ?? 'unknown compiler'}`;

/** Counts and compares; `update` writes the baseline instead. */
export async function countInstructions({ update = false } = {}) {
  const tree = await configure('release', releaseSettings);
  say('building the request path benchmark');
  await ninja(tree, [PROGRAM]);
  const program = join(tree, PROGRAM);
  const perRequest = (scenario) => instructionsPerUnit(program, (requests) => [scenario, requests], FEW, MANY);
  const counted = Object.fromEntries(SCENARIOS.map((scenario) => [scenario, perRequest(scenario)]));
  const measured = { toolchain: toolchain(), instructionsPerRequest: counted };
  if (update) {
    writeFileSync(BASELINE, `${JSON.stringify(measured, null, 2)}\n`);
    say(`wrote ${BASELINE}: ${JSON.stringify(counted)}`);
    return;
  }
  compare(JSON.parse(readFileSync(BASELINE, 'utf8')), measured);
}

function compare(baseline, measured) {
  const same = baseline.toolchain === measured.toolchain;
  const grown = [];
  for (const [scenario, count] of Object.entries(measured.instructionsPerRequest)) {
    const before = baseline.instructionsPerRequest[scenario];
    const change = count / before - 1;
    say(`${scenario}: ${count} instructions per request, baseline ${before} (${(change * 100).toFixed(1)} %)`);
    if (change > ALLOWED_GROWTH) grown.push(scenario);
  }
  if (!same) say(`not compared: the baseline is of ${baseline.toolchain}, this is ${measured.toolchain}`);
  else if (grown.length > 0) throw new Stop(`the path of a request has become longer: ${grown.join(', ')}`);
}

if (process.argv[1] === import.meta.filename) {
  await script(async () => {
    const { values } = parseArgs({ options: { update: { type: 'boolean', default: false } } });
    await setUp('test');
    await countInstructions(values);
  });
}
