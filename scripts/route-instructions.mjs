// npm run bench:routes: instructions that finding a route takes, for each shape of rule and from 10 to 100,000 routes, counted
// under cachegrind. What it prints is a table of Markdown. `-- --quick` leaves out the largest tables.
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { configure, ninja, releaseSettings } from './build-steps.mjs';
import { instructionsPerUnit } from './cachegrind.mjs';
import { output, say, script } from './run.mjs';
import { setUp } from './setup.mjs';

const PROGRAM = 'router_bench';
const SIZES = [10, 1_000, 10_000, 100_000];
const QUICK_LIMIT = 10_000;

/** What the program can be asked for: how many requests a round has, and its shapes with the most routes each takes. */
function shapesOf(program) {
  const [requests, ...lines] = output(program, ['shapes']).trim().split('\n');
  const shapes = lines.map((line, index) => {
    const [, most, name] = /^(\d+) (.*)$/.exec(line);
    return { index, name, most: Number(most) };
  });
  return { requests: Number(requests), shapes };
}

function table(rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  const head = ['Rule', ...SIZES.map((size) => `${size.toLocaleString('en-US')} routes`)];
  return [line(head), line(head.map((_, index) => (index === 0 ? '---' : '---:'))), ...rows.map(line)].join('\n');
}

await script(async () => {
  const { values } = parseArgs({ options: { quick: { type: 'boolean', default: false } } });
  await setUp('test');
  const tree = await configure('release', releaseSettings);
  await ninja(tree, [PROGRAM]);
  const program = join(tree, PROGRAM);
  const { requests, shapes } = shapesOf(program);
  const rows = [];
  for (const { index, name, most } of shapes) {
    const cells = SIZES.map((size) => {
      if (size > most || (values.quick && size > QUICK_LIMIT)) return '–';
      say(`${name}: ${size.toLocaleString('en-US')} routes`);
      const perRound = instructionsPerUnit(program, (rounds) => [index, size, rounds], 1, 2);
      return Math.round(perRound / requests).toLocaleString('en-US');
    });
    rows.push([name, ...cells]);
  }
  console.log(`\n${table(rows)}`);
});
