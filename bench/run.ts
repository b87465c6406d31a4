/** Runs a scenario: all proxies side by side, rounds interleaved (A B C A B C …), medians at the end. */
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Certificate } from './certificate.js';
import { untilForgotten } from './forgotten.js';
import { generate } from './generator.js';
import { countSystemCalls, profile } from './inspect.js';
import { type Instance, type Origin, startInstance } from './instance.js';
import { type Bench, type Effort, type Sample, measureRound, targetOf } from './measure.js';
import type { NativePrograms } from './native.js';
import { LOAD_CORE, type Running, start, stop } from './processes.js';
import type { Proxy } from './proxies/define.js';
import type { Measure, Scenario } from './scenarios.js';

/** What a whole run shares. */
export interface Environment {
  readonly programs: NativePrograms;
  readonly certificate: Certificate;
  /** Temporary directory of the run. */
  readonly directory: string;
  readonly effort: Effort;
  readonly systemCalls: boolean;
  readonly profiles: boolean;
  /** Tells the user what is going on. */
  readonly say: (line: string) => void;
}

/** What became of one proxy in one scenario. */
export interface Row {
  readonly proxy: string;
  readonly version: string;
  readonly samples: readonly Sample[];
  readonly systemCalls?: string | undefined;
  readonly profile?: string | undefined;
  /** Why there are no samples, or not all. */
  readonly failure?: string | undefined;
}

/** A scenario with the rows of all proxies that can take part. */
export interface Outcome {
  readonly scenario: Scenario;
  readonly rows: readonly Row[];
}

/** A proxy that is installed. */
export interface Contender {
  readonly proxy: Proxy;
  readonly version: string;
}

interface Entry extends Contender {
  readonly samples: Sample[];
  instance?: Instance | undefined;
  failure?: string;
  systemCalls?: string;
  profile?: string;
}

/** Memory, reloads and blocks leave traces in a process, so every such round gets a fresh one. */
const FRESH: readonly Measure[] = ['memory', 'reload', 'blocked'];
/** Measures of single requests, not of all of them: what disturbs a few is seen. */
const DELICATE: readonly Measure[] = ['reload', 'blocked'];
/**
 * Measures whose rounds are long take no more than these. A percentile takes what the machine does to one of them for that of
 * a proxy, hence some; among requests that were lost a median would hide those of a single round.
 */
const MOST_ROUNDS: Partial<Record<Measure, number>> = { reload: 1, blocked: 3 };

/** Some are so much slower that further rounds would tell nothing. */
function roundsOf({ proxy }: Entry, { effort }: Environment): number {
  return proxy.isSlow === true ? Math.min(effort.slowRounds, effort.rounds) : effort.rounds;
}

/** True when `proxy` can take part in `scenario`. */
export function takesPart(proxy: Proxy, scenario: Scenario): boolean {
  if (proxy.name === 'floor') return scenario.floor !== undefined;
  if (scenario.only?.includes(proxy.name) === false) return false;
  if (proxy.only !== undefined && !proxy.only.includes(scenario.measure)) return false;
  return scenario.needs.every((feature) => proxy.features.includes(feature));
}

/** Runs `scenario` with all `contenders` that can take part. One proxy's failure is its row; the others go on. */
export async function runScenario(
  scenario: Scenario,
  contenders: readonly Contender[],
  environment: Environment,
): Promise<Outcome> {
  const directory = mkdtempSync(join(environment.directory, `${scenario.id}-`));
  const { origin, running } = await startOrigin(environment.programs.origin, scenario.responseBytes, directory);
  const bench: Bench = { programs: environment.programs, origin, effort: environment.effort };
  const entries: Entry[] = contenders
    .filter(({ proxy }) => takesPart(proxy, scenario))
    .map((contender) => ({ ...contender, samples: [] }));
  const launch = async (entry: Entry): Promise<Instance> =>
    startInstance(entry.proxy, scenario, origin, environment.certificate, directory);

  const isFresh = FRESH.includes(scenario.measure);
  const most = scenario.warmupMs === undefined ? MOST_ROUNDS[scenario.measure] : 1;
  const rounds = Math.min(most ?? Infinity, environment.effort.rounds);
  for (let round = 1; round <= rounds; round++) {
    for (const entry of entries.filter((each) => each.failure === undefined && round <= roundsOf(each, environment))) {
      if (DELICATE.includes(scenario.measure)) await untilForgotten(environment.say);
      environment.say(`${scenario.id} round ${round}/${rounds}: ${entry.proxy.name}`);
      await attempt(entry, async () => {
        entry.instance ??= await launch(entry);
        entry.samples.push(await measureRound(scenario, entry.instance, bench));
      });
      if (isFresh) await retire(entry);
    }
  }
  for (const entry of entries.filter(({ failure }) => failure === undefined)) {
    await attempt(entry, async () => inspect(entry, scenario, bench, environment, launch));
  }
  for (const entry of entries) await retire(entry);
  await stop(running);
  return { scenario, rows: entries.map(rowOf) };
}

async function attempt(entry: Entry, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    entry.failure = error instanceof Error ? error.message : String(error);
    await retire(entry);
  }
}

async function retire(entry: Entry): Promise<void> {
  await entry.instance?.stop();
  entry.instance = undefined;
}

async function inspect(
  entry: Entry,
  scenario: Scenario,
  bench: Bench,
  environment: Environment,
  launch: (entry: Entry) => Promise<Instance>,
): Promise<void> {
  if (!environment.systemCalls && !environment.profiles) return;
  if (FRESH.includes(scenario.measure) || scenario.load.rate !== undefined) return;
  const { inspected } = environment.effort;
  if (inspected !== undefined && (!inspected.includes(scenario.id) || entry.proxy.isSlow === true)) return;
  environment.say(`${scenario.id} inspecting ${entry.proxy.name}`);
  const instance = (entry.instance ??= await launch(entry));
  const target = targetOf(scenario, instance, bench.origin);
  const load = async (milliseconds: number): ReturnType<typeof generate> =>
    generate(bench.programs.loadgen, scenario.load, target, 0, milliseconds);
  if (environment.profiles) entry.profile = await profile(instance.pids(), instance.setting.directory, load);
  if (environment.systemCalls) entry.systemCalls = await countSystemCalls(instance.pids(), load);
}

function rowOf({ proxy, version, samples, failure, systemCalls, profile: symbols }: Entry): Row {
  return { proxy: proxy.name, version, samples, failure, systemCalls, profile: symbols };
}

/** Starts the origin on the core of the load, and waits until it listens. */
export async function startOrigin(
  program: string,
  bodyBytes: number,
  directory: string,
): Promise<{ readonly origin: Origin; readonly running: Running }> {
  const running = start({ argv: [program, String(bodyBytes)] }, LOAD_CORE, directory, true);
  const { stdout } = running.child;
  if (stdout === null) throw new Error('the origin has no output');
  for await (const line of createInterface({ input: stdout })) {
    const [port, bytes] = line.split(' ').map(Number);
    if (port === undefined || bytes === undefined) break;
    return { running, origin: { port, bytes, pid: running.pid } };
  }
  throw new Error(`the origin did not start: ${running.output()}`);
}
