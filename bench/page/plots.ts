/** The pictures of docs/performance.md, drawn by gnuplot as SVG. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Results, figureOf, find, nameOf, valueOf } from './results.js';
import { p99InTrouble } from './tables.js';

/** Scenarios of the first plot: those whose figure is CPU per request, with the same load for everyone. */
const CPU_SCENARIOS = ['S1', 'S3', 'S4', 'S5', 'S5b', 'S12'] as const;
const COLOURS = [
  '#0b6e4f',
  '#1f77b4',
  '#ff7f0e',
  '#9467bd',
  '#17becf',
  '#8c564b',
  '#e377c2',
  '#bcbd22',
  '#7f7f7f',
] as const;

/** Bars in groups; what is not known is left out. */
export interface BarChart {
  readonly title: string;
  readonly unit: string;
  readonly groups: readonly string[];
  readonly series: readonly { readonly name: string; readonly values: readonly (number | undefined)[] }[];
}

/** CPU per request by proxy. */
export function cpuChart(results: Results): BarChart {
  const entries = CPU_SCENARIOS.flatMap((id) => find(results, id) ?? []);
  const proxies = [...new Set(entries.flatMap((entry) => entry.proxies.map(({ proxy }) => proxy)))];
  return {
    title: 'CPU per request, logarithmic; less is better',
    unit: 'µs',
    groups: entries.map(nameOf),
    series: proxies.map((proxy) => ({ name: proxy, values: entries.map((entry) => valueOf(entry, proxy)) })),
  };
}

/** The 99th percentile in peace, during reloads and during a blocked control plane. */
export function troubleChart(results: Results): BarChart {
  const kinds = [
    { name: 'a reload each second', entry: find(results, 'S11') },
    { name: 'control plane waits', entry: find(results, 'S15', 'waiting') },
    { name: 'control plane computes', entry: find(results, 'S15', 'computing') },
  ];
  const bars = kinds.flatMap(({ name, entry }) => (entry?.proxies ?? []).map(({ proxy }) => ({ name, entry, proxy })));
  return {
    title: '99th percentile of the latency at 3,000 requests/s, logarithmic; a missing bar: nothing was answered',
    unit: 'µs',
    groups: bars.map(({ name, proxy }) => `${proxy}\\n${name}`),
    series: [
      { name: 'before', values: bars.map(({ entry, proxy }) => figureOf(entry, proxy, 'p99 calm µs')) },
      { name: 'during', values: bars.map(({ entry, proxy }) => p99InTrouble(entry, proxy)) },
    ],
  };
}

/** Draws `chart` into the file `path`. Throws with the words of gnuplot. The same chart gives the same bytes. */
export function draw(chart: BarChart, path: string): void {
  if (chart.groups.length === 0)
    throw new Error(`the results hold nothing for "${chart.title}": npm run bench -- --all`);
  const directory = mkdtempSync(join(tmpdir(), 'fairlead-plot-'));
  try {
    writeFileSync(join(directory, 'chart.dat'), dataOf(chart));
    writeFileSync(join(directory, 'chart.gnuplot'), scriptOf(chart, path));
    const result = spawnSync('gnuplot', ['chart.gnuplot'], { cwd: directory, encoding: 'utf8' });
    if (result.error !== undefined) throw new Error('no plots: apt-get install gnuplot-nox', { cause: result.error });
    if (result.status !== 0) throw new Error(`gnuplot: ${result.stderr}`);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function dataOf({ groups, series }: BarChart): string {
  const rows = groups.map((group, index) => {
    const values = series.map(({ values }) => values[index]);
    return `"${group}" ${values.map((value) => (value !== undefined && Number.isFinite(value) ? value : 'NaN')).join(' ')}`;
  });
  return `${rows.join('\n')}\n`;
}

function scriptOf({ title, unit, groups, series }: BarChart, path: string): string {
  const bars = series.map(({ name }, index) => {
    const colour = COLOURS[index % COLOURS.length] ?? COLOURS[0];
    const labels = index === 0 ? ':xtic(1)' : '';
    return `'chart.dat' using ${index + 2}${labels} title '${name}' lc rgb '${colour}'`;
  });
  const isCrowded = groups.length > 8;
  return `set terminal svg size 1000,${isCrowded ? 520 : 420} font 'sans-serif,12' background '#ffffff'
set output '${path}'
set title '${title}'
set ylabel '${unit}'
set logscale y
set format y '%.0f'
set grid ytics
set style data histograms
set style histogram clustered gap 1
set style fill solid
set boxwidth 0.9
set key outside bottom center horizontal noenhanced
set xtics nomirror noenhanced${isCrowded ? ' rotate by -35' : ''}
plot ${bars.join(', ')}
`;
}
