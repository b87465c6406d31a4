/**
 * `npm run bench:reload`: what a change of a large configuration costs: from the file that is written to the workers that serve
 * it, in time, in waiting of the host's event loop, in latency of requests, and in memory. `--routers=N` takes others than
 * 100,000, `--only=yml-one,json-many,apart` some of the sections.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { createProxy as create } from '../../lib/index.js';
import type { Format } from '../../test/support/lib/many-routers.js';
import { measureApart } from './apart.js';
import { type Content, Files, pathOf, replace } from './files.js';
import { computed, Gaps, type Longest } from './gaps.js';
import { nextGeneration } from './generation.js';
import { Requests, startServer } from './requests.js';

const { values: options } = parseArgs({
  options: { routers: { type: 'string', default: '100000' }, only: { type: 'string' } },
});
const count = Number(options.routers);
/** Files of a directory, and what providers wait between two deliveries. */
const [files, throttle] = [100, 2_100];

/** The built package: sources that are run by a loader are slower. */
const built = '../../dist/lib/index.js';
const { createProxy } = (await import(built)) as { readonly createProxy: typeof create };

interface Shape {
  readonly name: string;
  readonly format: Format;
  readonly files: number;
}

const shapes: readonly Shape[] = (['yml', 'json'] as const).flatMap((format) => [
  { name: `${format}-one`, format, files: 1 },
  { name: `${format}-many`, format, files },
]);

/** One figure of each kind. */
interface Row {
  readonly what: string;
  readonly seconds: number;
  /** Time of the processor of the main thread, in seconds. */
  readonly computing: number;
  readonly longest: Longest;
  readonly p99: number;
  readonly rss: number;
}

const say = (text: string): void => void process.stdout.write(`${text}\n`);
const mebibytes = (): number => process.memoryUsage.rss() / 1024 / 1024;

class Trial {
  readonly #shape: Shape;
  readonly #directory: string;

  constructor(shape: Shape) {
    this.#shape = shape;
    this.#directory = mkdtempSync(join(tmpdir(), 'fairlead-scale-'));
    mkdirSync(join(this.#directory, 'dynamic'));
  }

  async run(): Promise<readonly Row[]> {
    const port = await startServer();
    const directory = join(this.#directory, 'dynamic');
    const files = new Files();
    const prepared = async (content: Partial<Content>): Promise<Content> => {
      const whole = { ...this.#shape, directory, routers: count, prefix: '', ...content };
      await files.prepare(whole);
      return whole;
    };
    replace(await prepared({ prefix: 'first-' }));
    const path = this.#shape.files === 1 ? { filename: pathOf({ ...this.#shape, directory }, 0) } : { directory };
    const gaps = new Gaps();
    const began = this.#now();
    const proxy = await createProxy({
      entryPoints: { web: { address: '127.0.0.1:0' } },
      providers: { file: { watch: true, ...path } },
      http: {
        routers: { probe: { rule: 'Path(`/probe`)', service: 'probe', priority: 1_000_000n } },
        services: { probe: { loadBalancer: { servers: [{ url: `http://127.0.0.1:${port}` }] } } },
      },
    });
    const rows: Row[] = [this.#row('start', began, gaps.take(), 0)];
    const requests = new Requests(proxy.addresses['web']?.port ?? 0);
    await sleep(throttle);
    await requests.take();
    // Not the start of the thread that sends requests.
    gaps.take();
    await sleep(1_000);
    rows.push({ ...this.#row('no change', this.#now(), gaps.take(), 0), p99: await requests.take() });
    const change = async (what: string, content: Partial<Content>): Promise<void> => {
      await sleep(throttle);
      const applied = nextGeneration(proxy);
      const next = await prepared(content);
      gaps.take();
      await requests.take();
      replace(next);
      const written = this.#now();
      await applied;
      const row = this.#row(what, written, gaps.take(), 0);
      rows.push({ ...row, p99: await requests.take() });
    };
    for (const prefix of ['second-', 'third-', 'fourth-', 'fifth-']) await change('all routers', { prefix });
    for (const name of ['one', 'two', 'three']) await change('one router', { prefix: 'fifth-', one: name });
    await change('no routers', { routers: 0 });
    await sleep(throttle);
    rows.push({ ...this.#row('no routers, later', this.#now(), gaps.take(), 0) });
    requests.stop();
    gaps.stop();
    files.stop();
    await proxy.close({ drain: 0 });
    rmSync(this.#directory, { recursive: true });
    return rows;
  }

  #now(): readonly [milliseconds: number, computed: number] {
    return [performance.now(), computed()];
  }

  #row(what: string, [began, before]: readonly [number, number], longest: Longest, p99: number): Row {
    const seconds = (performance.now() - began) / 1_000;
    return { what, seconds, computing: (computed() - before) / 1_000, longest, p99, rss: mebibytes() };
  }
}

async function measure(shape: Shape): Promise<void> {
  say(`\n${count} routers, ${shape.format}, ${shape.files === 1 ? 'one file' : `${shape.files} files`}`);
  say('                  seconds   computing   longest wait   of it computing    p99   resident');
  for (const { what, seconds, computing, longest, p99, rss } of await new Trial(shape).run())
    say(
      [
        what.padEnd(17),
        seconds.toFixed(3).padStart(8),
        computing.toFixed(3).padStart(11),
        `${longest.waiting.toFixed(0)} ms`.padStart(14),
        `${longest.computing.toFixed(0)} ms`.padStart(17),
        (p99 === 0 ? '' : `${p99.toFixed(1)} ms`).padStart(9),
        `${rss.toFixed(0)} MB`.padStart(9),
      ].join(' '),
    );
}

async function reportApart(): Promise<void> {
  say(`\n${count} routers, yml, one file, the worker on a core of its own`);
  const { p50, p99, ratio, seconds } = await measureApart(createProxy, count, throttle);
  const row = (what: string, at: 0 | 1): string =>
    `${what.padEnd(17)} p50 ${p50[at].toFixed(0)} µs   p99 ${p99[at].toFixed(0)} µs`;
  say(row('no change', 0));
  say(`${row('all routers', 1)}   ${ratio.toFixed(2)} times as much   in ${seconds.toFixed(3)} s`);
}

const sections = new Map([
  ...shapes.map((shape) => [shape.name, () => measure(shape)] as const),
  ['apart', reportApart],
]);
const asked = [...sections.keys()].filter((name) => options.only?.split(',').includes(name) ?? true);
const [first = '', ...others] = asked;
// What one leaves to the collector would be in the way of the next.
if (others.length === 0) await sections.get(first)?.();
else
  for (const name of asked)
    spawnSync(process.execPath, [...process.execArgv, ...process.argv.slice(1), `--only=${name}`], {
      stdio: 'inherit',
    });
process.exit(0);
