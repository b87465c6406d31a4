/** Looks into a proxy under load: which system calls it makes per request, and where its CPU time goes. */
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Counts } from './generator.js';

// strace and perf need a moment to attach; what happens before is not counted, and the proxy is idle then.
const ATTACH_MS = 700;
const TOP_SYMBOLS = 15;

/** Runs a load of the given length in milliseconds without a warm-up. */
export type RunLoad = (milliseconds: number) => Promise<Counts>;

/** Calls per request, most frequent first, as text; or why there are none. */
export async function countSystemCalls(pids: readonly number[], load: RunLoad): Promise<string> {
  const args = ['-c', '-f', '-U', 'calls,name', ...pids.flatMap((pid) => ['-p', String(pid)])];
  const tracer = spawn('strace', args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let text = '';
  tracer.stderr.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const ended = new Promise((resolve) => tracer.once('close', resolve).once('error', resolve));
  await sleep(ATTACH_MS);
  const { requests } = await load(1000);
  tracer.kill('SIGINT');
  await ended;
  const calls = [...text.matchAll(/^\s*(\d+)\s+(\w+)\s*$/gm)].map(([, count, name]) => ({
    count: Number(count),
    name,
  }));
  if (calls.length === 0 || requests === 0) return `not counted: ${text.trim().split('\n')[0] ?? 'strace is missing'}`;
  const total = calls.find(({ name }) => name === 'total')?.count ?? 0;
  const each = calls
    .filter(({ name, count }) => name !== 'total' && count / requests >= 0.005)
    .map(({ count, name }) => `${name} ${(count / requests).toFixed(2)}`);
  return `${(total / requests).toFixed(2)} per request (${each.join(', ')})`;
}

/** The hottest symbols by their own time, as text; or why there are none. */
export async function profile(pids: readonly number[], directory: string, load: RunLoad): Promise<string> {
  const file = join(directory, 'perf.data');
  rmSync(file, { force: true });
  const args = ['record', '-q', '-F', '1999', '-g', '-p', pids.join(','), '-o', file];
  const recorder = spawn('perf', args, { stdio: 'ignore' });
  const ended = new Promise((resolve) => recorder.once('close', resolve).once('error', resolve));
  await sleep(ATTACH_MS);
  await load(2000);
  recorder.kill('SIGINT');
  await ended;
  if (!existsSync(file)) return 'not profiled: perf is missing or not allowed';
  const report = ['report', '--stdio', '--no-children', '-g', 'none', '--sort', 'dso,symbol', '-i', file];
  const text = execFileSync('perf', report, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  const symbols = [...text.matchAll(/^\s+([\d.]+)%\s+(\S+)\s+\[(.)\] (.*?)[\s-]*$/gm)].map(
    ([, percent, object = '', mode, name = '']) => ({
      percent: Number(percent),
      object: mode === 'k' ? 'kernel' : object,
      name,
    }),
  );
  return [sharesOf(symbols), ...topOf(symbols, (object) => object !== 'kernel'), ...topOf(symbols, isKernel)].join(
    '\n',
  );
}

interface Symbol {
  readonly percent: number;
  readonly object: string;
  readonly name: string;
}

const isKernel = (object: string): boolean => object === 'kernel';

function sharesOf(symbols: readonly Symbol[]): string {
  const shares = new Map<string, number>();
  for (const { object, percent } of symbols) shares.set(object, (shares.get(object) ?? 0) + percent);
  const sorted = [...shares].filter(([, percent]) => percent >= 1).toSorted(([, a], [, b]) => b - a);
  return `    ${sorted.map(([object, percent]) => `${object} ${Math.round(percent)}%`).join(', ')}`;
}

/** The kernel hides the rest if both share one list: most of a proxy's time is TCP. */
function topOf(symbols: readonly Symbol[], isWanted: (object: string) => boolean): readonly string[] {
  return symbols
    .filter(({ object }) => isWanted(object))
    .slice(0, TOP_SYMBOLS)
    .map(({ percent, object, name }) => `    ${percent.toFixed(2).padStart(5)}%  ${object.padEnd(14)}  ${name}`);
}
