/** Turns outcomes into tables and JSON. */
import { cpus, release } from 'node:os';
import type { Sample } from './measure.js';
import type { Outcome, Row } from './run.js';
import type { Measure } from './scenarios.js';
import { median, pairedRatio } from './statistics.js';

interface Unit {
  readonly name: string;
  readonly digits: number;
  readonly isMoreBetter: boolean;
}

const UNITS: Readonly<Record<Measure, Unit>> = {
  cpu: { name: 'CPU µs/request', digits: 2, isMoreBetter: false },
  bandwidth: { name: 'GB per CPU second', digits: 2, isMoreBetter: true },
  latency: { name: 'p50 µs', digits: 0, isMoreBetter: false },
  memory: { name: 'bytes/connection', digits: 0, isMoreBetter: false },
  reload: { name: 'requests lost', digits: 0, isMoreBetter: false },
  blocked: { name: 'p99 µs blocked', digits: 0, isMoreBetter: false },
};

/** The proxy all others are compared with: Fairlead, or the first that has a figure. */
function referenceOf(rows: readonly Row[]): Row | undefined {
  const measured = rows.filter(({ samples }) => samples.length > 0);
  return measured.find(({ proxy }) => proxy === 'fairlead') ?? measured[0];
}

/** The table of one scenario, with remarks below it. */
export function tableOf({ scenario, rows }: Outcome): string {
  const unit = UNITS[scenario.measure];
  const reference = referenceOf(rows);
  const base = valuesOf(reference);
  const names = [...new Set(rows.flatMap(({ samples }) => Object.keys(samples[0]?.figures ?? {})))];
  const best = unit.isMoreBetter ? 'max' : 'min';
  const head = ['proxy', unit.name, best, `÷ ${reference?.proxy ?? '-'}`, ...names, 'errors'];
  const body = rows.map((row) => cellsOf(row, unit, base, names));
  const title = `${scenario.id}  ${scenario.title}  (${unit.isMoreBetter ? 'more' : 'less'} is better)`;
  return [title, ...align([head, ...body]), ...rows.flatMap(notesOf), ''].join('\n');
}

const valuesOf = (row: Row | undefined): readonly number[] => row?.samples.map(({ value }) => value) ?? [];

function cellsOf(row: Row, unit: Unit, base: readonly number[], names: readonly string[]): readonly string[] {
  const { proxy, version, samples } = row;
  const label = `${proxy} ${version}`;
  if (samples.length === 0) return [label, 'failed', ...Array<string>(names.length + 3).fill('')];
  const values = valuesOf(row);
  const middle = median(values);
  const best = unit.isMoreBetter ? Math.max(...values) : Math.min(...values);
  const errors = samples.reduce((sum, { lost }) => sum + lost, 0);
  const figures = names.map((name) => compact(median(samples.map((sample) => sample.figures[name] ?? NaN))));
  const ratio = pairedRatio(values, base);
  const shown = Number.isNaN(ratio) ? '' : ratio.toFixed(2);
  return [label, middle.toFixed(unit.digits), best.toFixed(unit.digits), shown, ...figures, String(errors)];
}

/** Three significant digits, and no fraction from a hundred on. */
function compact(value: number): string {
  if (Number.isNaN(value)) return '';
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en-US');
  return value.toFixed(Math.abs(value) >= 10 ? 1 : 2);
}

function align(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return rows.map((row) => {
    const cells = row.map((cell, column) =>
      column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
    );
    return `  ${cells.join('  ').trimEnd()}`;
  });
}

function notesOf({ proxy, samples, failure, systemCalls, profile }: Row): readonly string[] {
  const remarks = new Set(samples.flatMap((sample: Sample) => sample.remarks));
  const notes = [...remarks].map((remark) => `  ! ${proxy}: ${remark}`);
  if (failure !== undefined) notes.push(`  ! ${proxy} failed: ${failure}`);
  if (systemCalls !== undefined) notes.push(`  system calls of ${proxy}: ${systemCalls}`);
  if (profile !== undefined) notes.push(`  profile of ${proxy}:`, profile);
  return notes;
}

/** Everything that was measured, for a file. `began` is when the run started. */
export function jsonOf(outcomes: readonly Outcome[], began: Date): string {
  const machine = { cpu: cpus()[0]?.model, cores: cpus().length, kernel: release(), node: process.version };
  const scenarios = outcomes.map(({ scenario, rows }) => {
    const reference = referenceOf(rows);
    const proxies = rows.map((row) => {
      const values = valuesOf(row);
      return { ...row, median: median(values), ratio: pairedRatio(values, valuesOf(reference)) };
    });
    return { scenario, unit: UNITS[scenario.measure].name, reference: reference?.proxy, proxies };
  });
  return JSON.stringify({ began: began.toISOString(), machine, scenarios }, null, 2);
}
