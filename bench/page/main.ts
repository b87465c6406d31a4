/** `npm run bench:page`: writes docs/performance.md and its pictures from the results of a run. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { pageOf } from './page.js';
import { cpuChart, draw, troubleChart } from './plots.js';
import { readResults } from './results.js';
import { soakSection } from './soak.js';

const ROOT = join(import.meta.dirname, '..', '..');

const USAGE = `usage: npm run bench:page -- [--soak=FILE] [RESULTS]

  RESULTS       what npm run bench -- --json wrote (bench/results/latest.json)
  --soak=FILE   summary.json of a soak (bench/results/soak.json, if it is there)
`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { soak: { type: 'string' }, help: { type: 'boolean', default: false } },
});
const results = positionals[0] ?? join(ROOT, 'bench', 'results', 'latest.json');
if (values.help || positionals.length > 1 || !existsSync(results)) {
  process.stderr.write(values.help ? USAGE : `no results in ${results}\n\n${USAGE}`);
  process.exit(values.help ? 0 : 64);
}
const soak = values.soak ?? join(ROOT, 'bench', 'results', 'soak.json');
const pictures = join(ROOT, 'docs', 'performance');
mkdirSync(pictures, { recursive: true });
const run = readResults(results);
draw(cpuChart(run), join(pictures, 'cpu.svg'));
draw(troubleChart(run), join(pictures, 'p99.svg'));
const remarks = readFileSync(join(import.meta.dirname, 'remarks.md'), 'utf8');
const page = pageOf(run, { remarks, soak: existsSync(soak) ? soakSection(soak) : undefined });
writeFileSync(join(ROOT, 'docs', 'performance.md'), page);
