/** The part of the page about the last soak. */
import { readFileSync } from 'node:fs';
import type { Summary } from '../soak/summary.js';
import { figure, table } from './tables.js';

/** What `summary.json` of a soak says, in Markdown. */
export function soakSection(path: string): string {
  const summary = JSON.parse(readFileSync(path, 'utf8')) as Summary;
  const rows = summary.trends
    // JSON has no NaN: what could not be fitted is null there.
    .filter(({ line }) => Number.isFinite(line.error))
    .map(({ name, unit, first, last, line, limitPerHour }) => [
      `${name}${unit === '' ? '' : ` (${unit})`}`,
      figure(first),
      figure(last),
      `${line.slope.toFixed(2)} ± ${line.error.toFixed(2)}`,
      limitPerHour === undefined ? '–' : figure(limitPerHour),
    ]);
  const rest =
    summary.faults.length === 0
      ? 'At the end nothing was left behind but what the configuration needs.'
      : `Faults: ${summary.faults.join('; ')}.`;
  return `${figure(summary.minutes)} minutes, of which the first ${figure(summary.warmupMinutes)} give no slope;
${figure(summary.exchanges)} exchanges, ${summary.documentedFailures} of which failed because their server was killed, and
${summary.unexpectedFailures} for any other reason. The proxy used ${figure(summary.cpuPercent)} % of a core. ${rest}

${table(['Figure', 'After the warm-up', 'At the end', 'Slope per hour', 'Limit'], rows)}`;
}
