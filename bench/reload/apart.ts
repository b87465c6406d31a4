/**
 * What a reload costs requests where the worker has a core for itself: JavaScript, its helpers and the thread that makes tables
 * stay on the other one, so that nothing but the reload itself can be in the way.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { createProxy as create } from '../../lib/index.js';
import { type Counts, generate, lost } from '../generator.js';
import { compileNative } from '../native.js';
import { endGroupsAtExit, LOAD_CORE, PROXY_CORE, stop } from '../processes.js';
import { startOrigin } from '../run.js';
import { median, pairedRatio } from '../statistics.js';
import { type Content, Files, pathOf, replace } from './files.js';
import { nextGeneration } from './generation.js';

const rounds = 7;
/** A reload lies within the time that is measured, a while after its beginning. */
const [warmupMs, measureMs, startMs] = [300, 4_000, 500];
const load = { connections: 16, rate: 3_000 };
const responseBytes = 1024;

/** Latencies of the rounds in microseconds, without a reload and with one. */
export interface Apart {
  readonly p50: readonly [calm: number, reload: number];
  readonly p99: readonly [calm: number, reload: number];
  /** Median of the ratios of rounds. */
  readonly ratio: number;
  /** Seconds that a reload took, the median. */
  readonly seconds: number;
}

/** Measures rounds in turns: calm, then one in which all of `routers` change. */
export async function measureApart(createProxy: typeof create, routers: number, pauseMs: number): Promise<Apart> {
  endGroupsAtExit();
  const root = mkdtempSync(join(tmpdir(), 'fairlead-apart-'));
  const directory = join(root, 'dynamic');
  mkdirSync(directory);
  const programs = compileNative(join(import.meta.dirname, '..', '..', 'out', 'bench'));
  const { origin, running } = await startOrigin(programs.origin, responseBytes, root);
  const content: Content = { directory, format: 'yml', files: 1, routers, prefix: 'first-' };
  const files = new Files();
  await files.prepare(content);
  replace(content);
  const proxy = await createProxy({
    fairlead: { workers: 1 },
    entryPoints: { web: { address: '127.0.0.1:0' } },
    providers: { file: { watch: true, filename: pathOf(content, 0) } },
    http: {
      routers: { probe: { rule: 'PathPrefix(`/`)', service: 'probe', priority: 1_000_000n } },
      services: { probe: { loadBalancer: { servers: [{ url: `http://127.0.0.1:${origin.port}` }] } } },
    },
  });
  partCores();
  const target = { port: proxy.addresses['web']?.port ?? 0, responseBytes };
  const measured = async (): Promise<Counts['microseconds']> => {
    const counts = await generate(programs.loadgen, load, target, warmupMs, measureMs);
    if (lost(counts) > 0 || counts.requests === 0) throw new Error(`requests were lost: ${JSON.stringify(counts)}`);
    return counts.microseconds;
  };
  const [calm, reload]: [Counts['microseconds'][], Counts['microseconds'][]] = [[], []];
  const seconds: number[] = [];
  for (let round = 0; round < rounds; round++) {
    await sleep(pauseMs);
    calm.push(await measured());
    const next = { ...content, prefix: `round-${round}-` };
    await files.prepare(next);
    await sleep(pauseMs);
    const applied = nextGeneration(proxy);
    const latencies = measured();
    await sleep(warmupMs + startMs);
    const began = performance.now();
    replace(next);
    await applied;
    seconds.push((performance.now() - began) / 1_000);
    reload.push(await latencies);
  }
  files.stop();
  await proxy.close({ drain: 0 });
  await stop(running);
  rmSync(root, { recursive: true });
  const both = (of: 'p50' | 'p99') =>
    [median(calm.map((row) => row[of])), median(reload.map((row) => row[of]))] as const;
  const [slow, usual] = [reload.map(({ p99 }) => p99), calm.map(({ p99 }) => p99)];
  return { p50: both('p50'), p99: both('p99'), ratio: pairedRatio(slow, usual), seconds: median(seconds) };
}

/** Everything of this process goes to one core, the worker to the other, which it shares with origin and load. */
function partCores(): void {
  for (const thread of readdirSync('/proc/self/task')) {
    const name = readFileSync(`/proc/self/task/${thread}/comm`, 'latin1').trim();
    const core = /^fairlead-\d+$/.test(name) ? LOAD_CORE : PROXY_CORE;
    execFileSync('taskset', ['-p', '-c', String(core), thread]);
  }
}
