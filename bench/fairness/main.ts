/**
 * `npm run bench:fairness`: what a tenant that floods costs the quiet ones, with and without fair queueing. Needs a built addon and a
 * calm machine; takes about two minutes.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createProxy, type QueueStats } from '../../lib/index.js';
import type { Part, Played } from './load.js';
import type { Busy } from './origin.js';
import {
  capacity,
  concurrency,
  floodRate,
  floodSockets,
  maxLength,
  quietRate,
  quietTenants,
  share,
  warmup,
} from './setting.js';

type Discipline = 'drr' | 'fifo';

const children = new Set<ChildProcess>();
process.on('exit', () => children.forEach((child) => child.kill('SIGKILL')));

function start(name: string): ChildProcess {
  const child = fork(join(import.meta.dirname, `${name}.ts`), { execArgv: ['--import', 'tsx'] });
  children.add(child);
  return child;
}

const answer = async <T>(child: ChildProcess): Promise<T> => ((await once(child, 'message')) as [T])[0];

async function ask<T>(child: ChildProcess, question: object): Promise<T> {
  const answered = answer<T>(child);
  child.send(question);
  return answered;
}

const tenants = Array.from({ length: quietTenants }, (_, index) => `quiet-${index + 1}`);

/** One row of the table. */
interface Row {
  readonly discipline: Discipline;
  readonly load: 'alone' | 'flooded';
  readonly quiet: Played;
  readonly busy: Busy;
  readonly flood?: Played;
  readonly queue: QueueStats;
}

async function measure(discipline: Discipline, load: Row['load'], measured: number): Promise<Row> {
  const origin = start('origin');
  const url = `http://127.0.0.1:${await answer<number>(origin)}`;
  const queue = { discipline, key: 'header:X-Tenant', maxLength, maxWait: '10s' };
  const proxy = await createProxy({
    entryPoints: { web: { address: '127.0.0.1:0' } },
    fairlead: { workers: 2 },
    http: {
      routers: { all: { rule: 'PathPrefix(`/`)', service: 'app' } },
      services: { app: { loadBalancer: { servers: [{ url }], limit: { concurrency, queue } } } },
    },
  });
  const port = proxy.addresses['web']?.port ?? 0;
  const [quietly, loudly] = [start('load'), start('load')];
  const part = { port, warmup, measured };
  const quiet = ask<Played>(quietly, { ...part, tenants, rate: quietRate, sockets: 256 } satisfies Part);
  const flood =
    load === 'flooded'
      ? ask<Played>(loudly, { ...part, tenants: ['flood'], rate: floodRate, sockets: floodSockets } satisfies Part)
      : undefined;
  await new Promise((resolve) => setTimeout(resolve, warmup));
  await ask<Busy>(origin, {});
  await new Promise((resolve) => setTimeout(resolve, measured));
  const busy = await ask<Busy>(origin, {});
  const stats = proxy.stats().queues['app@memory'];
  if (stats === undefined) throw new Error('the proxy has no such queue');
  const row = { discipline, load, quiet: await quiet, busy, queue: stats };
  const loud = await flood;
  await proxy.close({ drain: 0 });
  for (const child of [origin, quietly, loudly]) {
    child.kill('SIGKILL');
    children.delete(child);
  }
  return loud === undefined ? row : { ...row, flood: loud };
}

const quantile = ({ latencies }: Played, part: number): number =>
  latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * part))] ?? NaN;

function tableOf(rows: readonly Row[]): string {
  const lines = rows.map(({ discipline, load, quiet, busy, flood }) => {
    const alone = rows.find((row) => row.discipline === discipline && row.load === 'alone')?.quiet ?? quiet;
    const ratio = (part: number): string => (quantile(quiet, part) / quantile(alone, part)).toFixed(2);
    return [
      discipline,
      load,
      `${quantile(quiet, 0.5).toFixed(0)} ms`,
      `${quantile(quiet, 0.99).toFixed(0)} ms`,
      load === 'alone' ? '' : `${ratio(0.5)}, ${ratio(0.99)}`,
      `${quiet.refused + quiet.failed} of ${quiet.asked}`,
      flood === undefined ? '' : `${flood.latencies.length} of ${flood.asked}`,
      `${((100 * busy.active) / concurrency).toFixed(1)} %`,
      String(busy.most),
    ].join(' | ');
  });
  const head =
    'queue | quiet tenants | median | p99 | times alone: median, p99 | refused | flood served | use of the limit | most at once';
  return [head, head.replaceAll(/[^|]+/g, ' --- ').trim(), ...lines].map((line) => `| ${line} |`).join('\n');
}

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '25' } } });
const measured = Number(values.seconds) * 1000;
process.stdout.write(
  `limit ${concurrency}, capacity ${capacity} requests/s, share of a tenant ${share}/s; ${quietTenants} quiet tenants of ` +
    `${quietRate.toFixed(1)}/s each, the flood offers ${floodRate}/s\n\n`,
);
const rows: Row[] = [];
for (const discipline of ['fifo', 'drr'] as const) {
  for (const load of ['alone', 'flooded'] as const) rows.push(await measure(discipline, load, measured));
}
process.stdout.write(`${tableOf(rows)}\n`);
process.exit(0);
