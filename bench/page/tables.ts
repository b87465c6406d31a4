/** The tables of docs/performance.md. Pure. */
import {
  type ResultRow,
  type ResultScenario,
  type Results,
  figureOf,
  find,
  isPeer,
  lostOf,
  nameOf,
  valueOf,
} from './results.js';
import { pairedRatio } from '../statistics.js';

const MORE_IS_BETTER = 'GB per CPU second';

/** Every scenario: Fairlead's figure, the best peer, and everyone as a multiple of Fairlead. */
export function comparison(results: Results): string {
  const names = [...new Set(results.scenarios.flatMap(({ proxies }) => proxies.map(({ proxy }) => proxy)))];
  const others = names.filter((name) => name !== 'fairlead');
  const head = ['Scenario', 'Unit', 'fairlead', '÷ best peer', ...others];
  const rows = results.scenarios
    .filter(({ proxies }) => proxies.some(({ proxy, median }) => proxy === 'fairlead' && median !== null))
    .map((entry) => [
      `**${nameOf(entry)}** ${entry.scenario.title}`,
      entry.unit,
      `**${figure(valueOf(entry, 'fairlead'))}**`,
      ratioToBest(entry),
      ...others.map((name) => cell(entry, name)),
    ]);
  return table(head, rows);
}

function cell(entry: ResultScenario, proxy: string): string {
  const value = valueOf(entry, proxy);
  if (value === undefined) return entry.proxies.some((row) => row.proxy === proxy) ? 'failed' : '–';
  const lost = lostOf(entry, proxy);
  const isCount = entry.unit === 'requests lost';
  return `${figure(value)}${lost > 0 && !isCount ? ` (${lost} lost)` : ''}`;
}

/** Fairlead's figure as a part of the best peer's, by rounds. */
export function ratioToBest(entry: ResultScenario): string {
  const own = entry.proxies.find(({ proxy }) => proxy === 'fairlead');
  const peers = entry.proxies
    .filter(({ proxy }) => isPeer(proxy))
    .flatMap((row) => (row.median === null ? [] : [{ ...row, median: row.median }]));
  const sorted = peers.toSorted((a, b) => a.median - b.median);
  const best = entry.unit === MORE_IS_BETTER ? sorted.at(-1) : sorted[0];
  if (own === undefined || own.median === null || best === undefined) return '–';
  if (best.median === 0) return own.median === 0 ? `equal (${best.proxy})` : '–';
  const ratio = pairedRatio(valuesIn(own), valuesIn(best));
  return `${ratio.toFixed(2)} × ${best.proxy}`;
}

const valuesIn = ({ samples }: ResultRow): readonly number[] => samples.map(({ value }) => value);

/** System calls per request where they were counted. */
export function systemCalls(results: Results): string {
  const rows = results.scenarios.flatMap((entry) =>
    entry.proxies.flatMap(({ proxy, systemCalls: text }) => {
      const [, total, names] = /^([\d.]+) per request \((.*)\)$/.exec(text ?? '') ?? [];
      return total === undefined ? [] : [[nameOf(entry), proxy, total, names ?? '']];
    }),
  );
  return table(['Scenario', 'Proxy', 'Calls per request', 'of which'], rows);
}

/** Reloads and the blocked control plane: what was lost, and the 99th percentiles in peace and in trouble. */
export function trouble(results: Results): string {
  const entries = [find(results, 'S11'), find(results, 'S15', 'waiting'), find(results, 'S15', 'computing')];
  const rows = entries.flatMap((entry) =>
    (entry?.proxies ?? []).map(({ proxy }) => [
      entry?.scenario.variant ?? 'a reload each second',
      proxy,
      figure(figureOf(entry, proxy, 'p99 calm µs')),
      figure(p99InTrouble(entry, proxy)),
      entry === undefined ? '' : String(lostOf(entry, proxy)),
      figure(figureOf(entry, proxy, 'idle cut')),
    ]),
  );
  return table(
    ['Trouble', 'Proxy', 'p99 before (µs)', 'p99 during (µs)', 'Requests lost', 'Idle connections cut'],
    rows,
  );
}

/** The 99th percentile during reloads or a block; undefined when nothing was answered. */
export function p99InTrouble(entry: ResultScenario | undefined, proxy: string): number | undefined {
  return entry?.scenario.measure === 'blocked' ? valueOf(entry, proxy) : figureOf(entry, proxy, 'p99 µs');
}

/** Two sizes of the table of routes, and what the row that compares them is called. */
const STEPS = [
  { from: '10 routes', to: '50,000 routes', name: '50,000 routes' },
  { from: '10 routes', to: '100,000 routes', name: '100,000 routes' },
  { from: '50,000 routes', to: '100,000 routes', name: '50,000 more' },
] as const;

const routesOf = (entry: ResultScenario | undefined): number =>
  (entry?.scenario.routes?.hosts ?? 0) * (entry?.scenario.routes?.paths ?? 0);

/** Memory per route: the difference between two tables, by proxy. */
export function routeMemory(results: Results): string {
  const rows = STEPS.flatMap(({ from, to, name }) => {
    const [few, many] = [find(results, 'S10', from), find(results, 'S10', to)];
    const more = routesOf(many) - routesOf(few);
    return (many?.proxies ?? []).map(({ proxy }) => {
      const per = (figureName: string): number | undefined => {
        const [before, after] = [figureOf(few, proxy, figureName), figureOf(many, proxy, figureName)];
        return before === undefined || after === undefined ? undefined : (1e6 * (after - before)) / more;
      };
      const load = [figureOf(many, proxy, 'ready s'), figureOf(many, proxy, 'ready CPU s')];
      return [
        name,
        proxy,
        figure(valueOf(many, proxy)),
        figure(per('RSS MB')),
        figure(per('native MB')),
        ...load.map(figure),
      ];
    });
  });
  const head = [
    'Routes',
    'Proxy',
    'CPU µs/request',
    'Bytes/route',
    'without JavaScript',
    'Ready after (s)',
    'CPU for that (s)',
  ];
  return table(head, rows);
}

/** Which versions were compared. */
export function versions(results: Results): string {
  const pairs = new Map(results.scenarios.flatMap(({ proxies }) => proxies.map((row) => [row.proxy, row.version])));
  return [...pairs].map(([proxy, version]) => `${proxy} ${version}`).join(', ');
}

/** Three significant digits; nothing for what is unknown. */
export function figure(value: number | undefined): string {
  if (value === undefined || !Number.isFinite(value)) return '–';
  if (Math.abs(value) >= 100 || Number.isInteger(value)) return Math.round(value).toLocaleString('en-US');
  return value.toFixed(Math.abs(value) >= 10 ? 1 : 2);
}

/** A table of Markdown. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const rule = head.map((_, index) => (index === 0 ? '---' : '---:'));
  return [line(head), line(rule), ...rows.map(line)].join('\n');
}
