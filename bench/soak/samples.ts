/** What is measured every few seconds. */
import { readFileSync, readdirSync } from 'node:fs';
import { type Counts, generate } from '../generator.js';
import { cpuSeconds } from '../processes.js';
import type { Ledger } from './ledger.js';
import type { InsideView, SoakedProxy } from './proxy.js';

/** One line of samples.jsonl. Bytes, seconds and microseconds. */
export interface Sample {
  /** Since the traffic began. */
  readonly seconds: number;
  readonly rssBytes: number;
  /** Resident memory that belongs to no file: heap, stacks, V8. */
  readonly anonymousBytes: number;
  readonly heapUsedBytes: number;
  readonly heapTotalBytes: number;
  readonly externalBytes: number;
  readonly descriptors: number;
  readonly threads: number;
  readonly snapshotsLive: number;
  readonly connections: number;
  readonly requestsActive: number;
  readonly upgradesActive: number;
  readonly buffersBytes: number;
  /** CPU time of the proxy since its start. */
  readonly cpuSeconds: number;
  readonly requests: number;
  /** Latency of the probe since the last sample; NaN (null in JSON) when it failed. */
  readonly p50: number;
  readonly p99: number;
  readonly documented: number;
  readonly unexpected: number;
}

/** How the latency is probed: a steady trickle from a generator in C through the proxy to an origin in C. */
export interface Probe {
  readonly loadgen: string;
  readonly port: number;
  readonly responseBytes: number;
}

const PROBE_RATE = 40;
const PROBE_CONNECTIONS = 4;

/** Probes for `milliseconds`, then looks at the process. Undefined when the proxy has ended. */
export async function takeSample(
  proxy: SoakedProxy,
  probe: Probe,
  ledger: Ledger,
  began: number,
  milliseconds: number,
): Promise<Sample | undefined> {
  const started = performance.now();
  const counts = await probeLatency(probe, milliseconds, ledger, started);
  const inside = await proxy.look();
  if (proxy.hasEnded) return undefined;
  return {
    seconds: (performance.now() - began) / 1000,
    ...outsideOf(proxy.pid),
    ...insideOf(inside),
    cpuSeconds: cpuSeconds([proxy.pid]),
    p50: counts?.microseconds.p50 ?? NaN,
    p99: counts?.microseconds.p99 ?? NaN,
    documented: ledger.documented,
    unexpected: ledger.unexpected,
  };
}

async function probeLatency(
  { loadgen, port, responseBytes }: Probe,
  milliseconds: number,
  ledger: Ledger,
  started: number,
): Promise<Counts | undefined> {
  try {
    const load = { connections: PROBE_CONNECTIONS, rate: PROBE_RATE };
    const counts = await generate(loadgen, load, { port, responseBytes }, 0, milliseconds);
    // What still runs at the end of a probe is not lost; a stall shows in the latency of the next one.
    const { refused, reset, status, framing } = counts;
    if (refused + reset + status + framing === 0) ledger.succeeded('probe');
    else
      ledger.failed(
        'probe',
        `refused ${refused}, reset ${reset}, status ${status}, framing ${framing}`,
        started,
        false,
      );
    return counts;
  } catch (thrown) {
    ledger.failed('probe', thrown instanceof Error ? thrown.message : String(thrown), started, false);
    return undefined;
  }
}

function outsideOf(pid: number): Pick<Sample, 'rssBytes' | 'anonymousBytes' | 'threads' | 'descriptors'> {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const field = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? NaN);
  return {
    rssBytes: field('VmRSS') * 1024,
    anonymousBytes: field('RssAnon') * 1024,
    threads: field('Threads'),
    descriptors: readdirSync(`/proc/${pid}/fd`).length,
  };
}

function insideOf(
  inside: InsideView | undefined,
): Omit<
  Sample,
  | 'seconds'
  | 'rssBytes'
  | 'anonymousBytes'
  | 'threads'
  | 'descriptors'
  | 'cpuSeconds'
  | 'p50'
  | 'p99'
  | 'documented'
  | 'unexpected'
> {
  const stat = (name: string): number => inside?.stats[name] ?? NaN;
  return {
    heapUsedBytes: inside?.memory.heapUsed ?? NaN,
    heapTotalBytes: inside?.memory.heapTotal ?? NaN,
    externalBytes: inside?.memory.external ?? NaN,
    snapshotsLive: stat('snapshotsLive'),
    connections: stat('connectionsOpen'),
    requestsActive: stat('requestsActive'),
    upgradesActive: stat('upgradesActive'),
    buffersBytes: stat('buffersBytes'),
    requests: stat('requestsTotal'),
  };
}
