/** Plots of a soak, drawn by gnuplot. */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Sample } from './samples.js';
import { SERIES, type Trend, pointsOf } from './series.js';

const COLUMNS = 2;
const PANEL = { width: 700, height: 240 };

/** Writes soak.dat, soak.gnuplot and soak.png into `directory`. Returns why there is no picture, if there is none. */
export function plotSoak(samples: readonly Sample[], trends: readonly Trend[], directory: string): string | undefined {
  const blocks = SERIES.map((series) =>
    pointsOf(series, samples)
      .map(({ hours, value }) => `${(hours * 60).toFixed(3)} ${value}`)
      .join('\n'),
  );
  // Two empty lines separate what gnuplot calls indexes.
  writeFileSync(join(directory, 'soak.dat'), `${blocks.join('\n\n\n')}\n`);
  writeFileSync(join(directory, 'soak.gnuplot'), scriptOf(trends));
  const result = spawnSync('gnuplot', ['soak.gnuplot'], { cwd: directory, encoding: 'utf8' });
  if (result.error !== undefined) return 'no plot: apt-get install gnuplot-nox';
  return result.status === 0 ? undefined : `no plot: ${result.stderr}`;
}

function scriptOf(trends: readonly Trend[]): string {
  const rows = Math.ceil(SERIES.length / COLUMNS);
  const panels = SERIES.map(({ name, unit }, index) => {
    const trend = trends.find((candidate) => candidate.name === name);
    const slope = trend === undefined ? '' : `, ${trend.line.slope.toFixed(2)} ${unit} per hour`;
    const title = `${name}${unit === '' ? '' : ` (${unit})`}${slope}`;
    return `set title '${title}'\nplot 'soak.dat' index ${index} with lines lc rgb '#1f77b4' notitle`;
  });
  return `set terminal pngcairo size ${COLUMNS * PANEL.width},${rows * PANEL.height} font 'sans,9'
set output 'soak.png'
set multiplot layout ${rows},${COLUMNS}
set xlabel 'minutes'
set yrange [0:*]
set grid
${panels.join('\n')}
unset multiplot
`;
}
