/** One round of one scenario on one running proxy, for each kind of figure. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Counts, type Target, generate, hold, lost } from './generator.js';
import type { Instance, Origin } from './instance.js';
import type { NativePrograms } from './native.js';
import { LOAD_CORE, PROXY_CORE, busyTicks, cpuSeconds, residentBytes } from './processes.js';
import type { Measure, Scenario } from './scenarios.js';

/** How long and how much; all times are milliseconds. */
export interface Effort {
  readonly rounds: number;
  /** For proxies that are several times slower than the others. */
  readonly slowRounds: number;
  readonly warmupMs: number;
  readonly measureMs: number;
  /** Ids of the scenarios whose system calls are counted, and not of slow proxies then; left out: all. */
  readonly inspected?: readonly string[];
  /** Length of a round with reloads, or with a blocked control plane. */
  readonly reloadMs: number;
  /** Connections held in a memory round; twice as many descriptors are open in the proxy at worst. */
  readonly held: number;
}

/** What one round gave. `value` is the figure of the scenario's measure. */
export interface Sample {
  readonly value: number;
  readonly counts: Counts;
  readonly lost: number;
  /** Further figures for the table, by column. */
  readonly figures: Readonly<Record<string, number>>;
  /** Conditions under which the figure means less than it seems. */
  readonly remarks: readonly string[];
}

/** What every round needs. */
export interface Bench {
  readonly programs: NativePrograms;
  readonly origin: Origin;
  readonly effort: Effort;
}

const IDLE_BESIDE_RELOADS = 200;
const RELOAD_EVERY_MS = 1000;
const APPLIED_WITHIN_MS = 5000;
const BLOCK_MARGIN_MS = 400;
// A process settles (frees, returns pages) a moment after its last connection was opened.
const SETTLE_MS = 500;
const QUIET_MS = 300;
const QUIET_WITHIN_MS = 10_000;
const TICKS_PER_SECOND = 100;
// Above this share of its core the load is what limits; below it the proxy is.
const SATURATED = 0.96;
// A few connections start before their slot has its first ticket.
const RESUMED_PERCENT = 90;

/** Measures one round. */
export async function measureRound(scenario: Scenario, instance: Instance, bench: Bench): Promise<Sample> {
  switch (scenario.measure) {
    case 'cpu':
    case 'bandwidth':
    case 'latency':
      return loadRound(scenario, instance, bench);
    case 'memory':
      return memoryRound(scenario, instance, bench);
    case 'reload':
      return reloadRound(scenario, instance, bench);
    case 'blocked':
      return blockedRound(scenario, instance, bench);
  }
}

/** Where the load of `scenario` goes on `instance`. */
export function targetOf(scenario: Scenario, instance: Instance, origin: Origin): Target {
  return {
    port: instance.setting.port,
    responseBytes: scenario.responseBytes,
    routes: scenario.routes,
    unannounced: instance.proxy.name === 'floor',
    pids: instance.pids(),
    originPid: origin.pid,
  };
}

/** Waits until the processes do next to nothing: after loading 100,000 routes V8 collects garbage for a while. */
async function becomeQuiet(instance: Instance): Promise<void> {
  const deadline = performance.now() + QUIET_WITHIN_MS;
  for (let before = cpuSeconds(instance.pids()); performance.now() < deadline;) {
    await sleep(QUIET_MS);
    const now = cpuSeconds(instance.pids());
    if (now - before <= 1 / TICKS_PER_SECOND) return;
    before = now;
  }
}

async function loadRound(scenario: Scenario, instance: Instance, bench: Bench): Promise<Sample> {
  if (scenario.routes !== undefined) await becomeQuiet(instance);
  const { programs, origin, effort } = bench;
  const target = targetOf(scenario, instance, origin);
  const before = [busyTicks(PROXY_CORE), performance.now()] as const;
  const counts = await generate(
    programs.loadgen,
    scenario.load,
    target,
    Math.max(effort.warmupMs, scenario.warmupMs ?? 0),
    effort.measureMs,
  );
  const busy = (busyTicks(PROXY_CORE) - before[0]) / TICKS_PER_SECOND / ((performance.now() - before[1]) / 1000);
  // Programs beside the proxy on its core cost it caches, so a figure measured in company is worth less.
  const others = Math.max(0, 100 * busy - (100 * counts.proxyCpu.ns) / counts.seconds / 1e9);
  return {
    value: valueOf(scenario.measure, counts),
    counts,
    lost: lost(counts),
    figures: {
      ...figuresOf(scenario.measure, counts),
      ...(scenario.routes === undefined ? {} : await loadingOf(instance)),
      'others %': others,
    },
    remarks: remarksOf(scenario, counts),
  };
}

function valueOf(measure: Measure, counts: Counts): number {
  const { requests, bodyBytes, proxyCpu, microseconds } = counts;
  if (measure === 'bandwidth') return bodyBytes / proxyCpu.ns;
  return measure === 'latency' ? microseconds.p50 : proxyCpu.ns / requests / 1000;
}

function figuresOf(measure: Measure, counts: Counts): Readonly<Record<string, number>> {
  const { requests, seconds, bodyBytes, proxyCpu, microseconds } = counts;
  const share = (100 * proxyCpu.userTicks) / Math.max(1, proxyCpu.userTicks + proxyCpu.systemTicks);
  const core = (100 * proxyCpu.ns) / seconds / 1e9;
  const common = { 'core %': core, 'user %': share };
  if (measure === 'bandwidth') return { 'GB/s': bodyBytes / seconds / 1e9, ...common };
  const latency = { 'p50 µs': microseconds.p50, 'p99 µs': microseconds.p99 };
  if (measure === 'latency') {
    return {
      'p99 µs': microseconds.p99,
      'p99.9 µs': microseconds.p999,
      'CPU µs': proxyCpu.ns / requests / 1000,
      ...common,
    };
  }
  return { 'requests/s': requests / seconds, ...latency, ...common };
}

/** What a table of routes costs beside requests: memory, and the time until it served. */
async function loadingOf(instance: Instance): Promise<Readonly<Record<string, number>>> {
  const { readyMs, readyCpuSeconds } = instance;
  const resident = residentBytes(instance.pids());
  return {
    'RSS MB': resident / 1e6,
    'native MB': (resident - (await instance.scriptBytes())) / 1e6,
    'ready s': readyMs / 1000,
    'ready CPU s': readyCpuSeconds,
  };
}

function remarksOf({ load }: Scenario, counts: Counts): readonly string[] {
  const remarks: string[] = [];
  const proxy = counts.proxyCpu.ns / counts.seconds / 1e9;
  const generator = (counts.generatorCpu.ns + counts.originCpu.ns) / counts.seconds / 1e9;
  if (generator > SATURATED && proxy < SATURATED)
    remarks.push(`core ${LOAD_CORE} saturated: generator and origin limit the rate`);
  const resumed = Math.round((100 * counts.resumed) / counts.opened);
  if (load.resume === true && resumed < RESUMED_PERCENT)
    remarks.push(`only ${resumed}% of the handshakes resumed a session`);
  return [...remarks, ...errorsOf(counts)];
}

function errorsOf(counts: Counts): readonly string[] {
  if (lost(counts) === 0) return [];
  const kinds = (['refused', 'reset', 'status', 'framing', 'stuck'] as const).filter((kind) => counts[kind] > 0);
  const words = kinds.map(
    (kind) => `${counts[kind]} ${kind}${kind === 'status' ? ` (last ${counts.lastStatus})` : ''}`,
  );
  return [`errors: ${words.join(', ')}`];
}

/** Resident memory with and without idle connections; the proxy is fresh but has served a little. */
async function memoryRound(scenario: Scenario, instance: Instance, bench: Bench): Promise<Sample> {
  const { programs, origin, effort } = bench;
  const target = targetOf(scenario, instance, origin);
  await generate(programs.loadgen, { ...scenario.load, connections: 64 }, target, 0, effort.warmupMs);
  await sleep(SETTLE_MS);
  const before = residentBytes(instance.pids());
  const held = await hold(programs.loadgen, { ...scenario.load, connections: effort.held }, target);
  await sleep(SETTLE_MS);
  const after = residentBytes(instance.pids());
  const counts = await held.release();
  const missing = counts.refused + counts.reset + counts.closedIdle + counts.announced;
  return {
    value: (after - before) / effort.held,
    counts,
    lost: lost(counts),
    figures: { connections: effort.held, 'RSS before MB': before / 1e6, 'RSS MB': after / 1e6 },
    remarks: missing === 0 ? [] : [`${missing} connections were not held`],
  };
}

/** Requests at a fixed rate, first in peace, then with a new configuration each second. */
async function reloadRound(scenario: Scenario, instance: Instance, bench: Bench): Promise<Sample> {
  const { programs, origin, effort } = bench;
  const target = { ...targetOf(scenario, instance, origin), pids: [] };
  const idle = await hold(programs.loadgen, { connections: IDLE_BESIDE_RELOADS }, target);
  const calm = await generate(programs.loadgen, scenario.load, target, effort.warmupMs, effort.reloadMs / 3);
  let generation = 0;
  const timer = setInterval(() => instance.reload(++generation), RELOAD_EVERY_MS);
  const counts = await generate(programs.loadgen, scenario.load, target, 0, effort.reloadMs).finally(() => {
    clearInterval(timer);
  });
  const applied = await waitForGeneration(instance, generation);
  const { closedIdle, announced } = await idle.release();
  return {
    value: lost(counts),
    counts,
    lost: lost(counts),
    figures: {
      reloads: generation,
      requests: counts.requests,
      'idle cut': closedIdle + announced,
      'busy cut': counts.closedIdle,
      'p99 µs': counts.microseconds.p99,
      'p99 calm µs': calm.microseconds.p99,
      'max ms': counts.microseconds.max / 1000,
    },
    remarks: [...(applied ? [] : ['the last reload was never applied']), ...errorsOf(counts)],
  };
}

/** Requests at a fixed rate, first in peace, then while the control plane does nothing. */
async function blockedRound(scenario: Scenario, instance: Instance, bench: Bench): Promise<Sample> {
  const { programs, origin, effort } = bench;
  const target = { ...targetOf(scenario, instance, origin), pids: [] };
  const calm = await generate(programs.loadgen, scenario.load, target, effort.warmupMs, effort.reloadMs / 3);
  // A little longer than the load, whose generator takes a moment to start and is slowed down if it must wait.
  instance.block(effort.reloadMs + BLOCK_MARGIN_MS, scenario.needs.includes('compute'));
  await sleep(BLOCK_MARGIN_MS / 4);
  const counts = await generate(programs.loadgen, scenario.load, target, 0, effort.reloadMs);
  return {
    value: counts.requests === 0 ? Infinity : counts.microseconds.p99,
    counts,
    lost: lost(counts),
    figures: {
      'p99 calm µs': calm.microseconds.p99,
      'p50 µs': counts.microseconds.p50,
      'p50 calm µs': calm.microseconds.p50,
      'max ms': counts.microseconds.max / 1000,
      requests: counts.requests,
      due: (effort.reloadMs / 1000) * (scenario.load.rate ?? 0),
    },
    remarks: errorsOf(counts),
  };
}

async function waitForGeneration(instance: Instance, generation: number): Promise<boolean> {
  const deadline = performance.now() + APPLIED_WITHIN_MS;
  while (performance.now() < deadline) {
    const answered = await instance.generation().catch(() => -1);
    if (answered === generation) return true;
    await sleep(50);
  }
  return false;
}
