/** Runs native/loadgen.c and reads its one line of counts. */
import { createInterface } from 'node:readline';
import { LOAD_CORE, type Running, start, stop } from './processes.js';
import type { RouteTable } from './routes.js';

/** What the clients do. Times are milliseconds. */
export interface Load {
  readonly connections: number;
  readonly tls?: boolean;
  /** TLS sessions are resumed instead of negotiated anew. */
  readonly resume?: boolean;
  /** Every request opens a new connection. */
  readonly reconnect?: boolean;
  readonly uploadBytes?: number;
  readonly websocket?: boolean;
  /** Requests per second on a schedule, instead of as fast as responses arrive. */
  readonly rate?: number;
}

/** Where the load goes and whom to watch. */
export interface Target {
  readonly port: number;
  readonly responseBytes: number;
  readonly routes?: RouteTable | undefined;
  /** Do not announce that a connection will not be reused. */
  readonly unannounced?: boolean;
  /** Processes whose CPU time is the proxy's. */
  readonly pids?: readonly number[];
  readonly originPid?: number;
}

/** CPU time; ticks are sampled by the kernel and only good for the share of user code. */
export interface CpuTime {
  readonly ns: number;
  readonly userTicks: number;
  readonly systemTicks: number;
}

/** What one run counted; the fields of report() in native/loadgen.c. */
export interface Counts {
  readonly seconds: number;
  readonly requests: number;
  readonly bodyBytes: number;
  readonly opened: number;
  readonly resumed: number;
  readonly announced: number;
  readonly closedIdle: number;
  readonly refused: number;
  readonly reset: number;
  readonly status: number;
  readonly framing: number;
  readonly stuck: number;
  readonly lastStatus: number;
  readonly microseconds: Readonly<Record<'p50' | 'p90' | 'p99' | 'p999' | 'max', number>>;
  readonly proxyCpu: CpuTime;
  readonly originCpu: CpuTime;
  readonly generatorCpu: CpuTime;
}

/** Requests that got no correct response. */
export function lost(counts: Counts): number {
  return counts.refused + counts.reset + counts.status + counts.framing + counts.stuck;
}

/** Connections that have each made one request and stay idle until release() is called. */
export interface Held {
  release(): Promise<Counts>;
}

// A generator that does not end this long after its time has hung; the run is then given up.
const GRACE_MS = 10_000;
// Opening ten thousand connections takes about a second; a proxy that needs this long does not accept them.
const HOLD_MS = 60_000;

function argumentsOf(load: Load, target: Target): readonly string[] {
  const words = ['--port', String(target.port), '--connections', String(load.connections)];
  const option = (name: string, value: number | string | undefined): void => {
    if (value !== undefined) words.push(`--${name}`, String(value));
  };
  const flag = (name: string, isSet: boolean | undefined): void => {
    if (isSet === true) words.push(`--${name}`);
  };
  option('response-bytes', target.responseBytes);
  option('upload-bytes', load.uploadBytes);
  option('rate', load.rate);
  option('hosts', target.routes?.hosts);
  option('paths', target.routes?.paths);
  option('watch', target.pids?.join(','));
  option('origin', target.originPid);
  flag('tls', load.tls);
  flag('resume', load.resume);
  flag('reconnect', load.reconnect);
  flag('websocket', load.websocket);
  flag('unannounced', target.unannounced);
  return words;
}

/** Puts `load` on `target` for `warmupMs` + `measureMs`. Throws when the generator itself fails. */
export async function generate(
  program: string,
  load: Load,
  target: Target,
  warmupMs: number,
  measureMs: number,
): Promise<Counts> {
  const times = ['--warmup-ms', String(Math.round(warmupMs)), '--measure-ms', String(Math.round(measureMs))];
  const running = start({ argv: [program, ...argumentsOf(load, target), ...times] }, LOAD_CORE, '/', true);
  const line = await within(warmupMs + measureMs + GRACE_MS, running, nextLine(running));
  await stop(running);
  return JSON.parse(line) as Counts;
}

/** Opens the connections of `load`, one request on each, and keeps them. */
export async function hold(program: string, load: Load, target: Target): Promise<Held> {
  const running = start({ argv: [program, ...argumentsOf(load, target), '--hold'] }, LOAD_CORE, '/', true);
  const lines = linesOf(running);
  await within(HOLD_MS, running, lines.next());
  return {
    async release() {
      const line = lines.next();
      running.child.stdin?.end();
      const counts = JSON.parse(await within(GRACE_MS, running, line)) as Counts;
      await stop(running);
      return counts;
    },
  };
}

function linesOf(running: Running): { next(): Promise<string> } {
  const { stdout } = running.child;
  if (stdout === null) throw new Error('the generator has no output');
  const iterator = createInterface({ input: stdout })[Symbol.asyncIterator]();
  return {
    async next() {
      const { value } = (await iterator.next()) as IteratorResult<string, undefined>;
      if (value === undefined) throw new Error(`the generator failed: ${running.output().trim()}`);
      return value;
    },
  };
}

async function nextLine(running: Running): Promise<string> {
  return linesOf(running).next();
}

async function within<T>(milliseconds: number, running: Running, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`the generator did not answer in ${milliseconds} ms`)), milliseconds);
  });
  try {
    return await Promise.race([promise, late]);
  } catch (error) {
    await stop(running);
    throw error;
  } finally {
    clearTimeout(timer);
  }
}
