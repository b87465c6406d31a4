/** Reads the command line of the benchmark. */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Effort } from './measure.js';
import { SCENARIOS, type Scenario } from './scenarios.js';

/** What the user asked for. */
export interface Request {
  readonly scenarios: readonly Scenario[];
  /** Names of proxies; undefined takes all. */
  readonly proxies: readonly string[] | undefined;
  readonly effort: Effort;
  readonly systemCalls: boolean;
  readonly profiles: boolean;
  readonly nice: number | undefined;
  readonly json: string | undefined;
}

/** Shown for --help and for anything that is not understood. */
export const USAGE = `usage: npm run bench -- [options] [scenario …]

  scenarios: ${[...new Set(SCENARIOS.map(({ id }) => id))].join(' ')}  (none: S1 S3 S4 S7 S9 S10 S11)

  --all               every scenario in about twenty minutes, system calls counted, to bench/results/latest.json
  --quick             one second per round, two rounds
  --rounds N          rounds per proxy (3)
  --seconds N         measured seconds per round (3)
  --proxies A,B       only these
  --syscalls          count system calls per request with strace
  --profile           show the hottest symbols with perf
  --nice=N            run proxies and load with this niceness (-10 where other programs disturb)
  --json FILE         write everything measured to FILE
`;

/** Where `--all` leaves its figures, and where the page is made from. */
const LATEST = join(import.meta.dirname, 'results', 'latest.json');
const DEFAULT = ['S1', 'S3', 'S4', 'S7', 'S9', 'S10', 'S11'];
const FULL: Effort = { rounds: 3, slowRounds: 3, warmupMs: 500, measureMs: 3000, reloadMs: 10_000, held: 8000 };
const ALL: Effort = {
  rounds: 5,
  slowRounds: 1,
  inspected: ['S1', 'S3', 'S4', 'S7', 'S12'],
  warmupMs: 250,
  measureMs: 1000,
  reloadMs: 6000,
  held: 4000,
};
const QUICK: Effort = { rounds: 2, slowRounds: 1, warmupMs: 300, measureMs: 1000, reloadMs: 4000, held: 2000 };

/** The request in `argv`, or the sentence that says what is wrong with it. */
export function readArguments(argv: readonly string[]): Request | string {
  let parsed;
  try {
    parsed = parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        all: { type: 'boolean', default: false },
        quick: { type: 'boolean', default: false },
        rounds: { type: 'string' },
        seconds: { type: 'string' },
        proxies: { type: 'string' },
        syscalls: { type: 'boolean', default: false },
        profile: { type: 'boolean', default: false },
        nice: { type: 'string' },
        json: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  const { values, positionals } = parsed;
  if (values.help) return '';
  const every = SCENARIOS.map(({ id }) => id);
  const wanted = positionals.length > 0 ? positionals : values.all ? every : DEFAULT;
  const unknown = wanted.filter((id) => !SCENARIOS.some((scenario) => scenario.id === id));
  if (unknown.length > 0) return `unknown scenario ${unknown.join(', ')}`;
  const base = values.all ? ALL : values.quick ? QUICK : FULL;
  const rounds = positive(values.rounds) ?? base.rounds;
  const measureMs = (positive(values.seconds) ?? base.measureMs / 1000) * 1000;
  if (Number.isNaN(rounds) || Number.isNaN(measureMs)) return '--rounds and --seconds take positive numbers';
  if (values.nice !== undefined && !/^-?\d+$/.test(values.nice)) return '--nice takes a whole number';
  return {
    scenarios: SCENARIOS.filter(({ id }) => wanted.includes(id)),
    proxies: values.proxies?.split(','),
    effort: { ...base, rounds, measureMs },
    systemCalls: values.syscalls || values.all,
    profiles: values.profile,
    nice: values.nice === undefined ? undefined : Number(values.nice),
    json: values.json ?? (values.all ? LATEST : undefined),
  };
}

function positive(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  return value > 0 ? value : NaN;
}
