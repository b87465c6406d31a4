/** `npm run soak -- --minutes=60`: the real proxy under mixed traffic, faults and reloads; does anything grow? See ../README.md. */
import { setMaxListeners } from 'node:events';
import { appendFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { compileNative } from '../native.js';
import { LOAD_CORE, endGroupsAtExit, freePort, start } from '../processes.js';
import { type SoakRequest, SOAK_USAGE, readSoakArguments } from './arguments.js';
import { type Ports, installFile } from './configuration.js';
import { Certificates, disturb, writeDynamic } from './disturb.js';
import { Ledger } from './ledger.js';
import { plotSoak } from './plot.js';
import { SoakedProxy } from './proxy.js';
import { type Probe, type Sample, takeSample } from './samples.js';
import { type AtRest, summarise, textOf, writeSummary } from './summary.js';
import { runTraffic } from './traffic/index.js';
import { Upstream } from './upstreams.js';

// Another checkout or an installed package can be soaked instead of this working tree.
const PROJECT = join(import.meta.dirname, '..', '..');
const ROOT = process.env['FAIRLEAD_BENCH_ROOT'] ?? PROJECT;
const SAMPLE_EVERY_MS = 5_000;
const SAMPLES_PER_MINUTE = 60_000 / SAMPLE_EVERY_MS;
const PROBE_BYTES = 1024;
/** The last exchanges have ended; connections and configurations go a moment later. */
const REST_WITHIN_MS = 15_000;

const say = (line: string): void => void process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${line}\n`);

interface Stage {
  readonly ports: Ports;
  readonly probe: Probe;
  readonly killable: readonly Upstream[];
  readonly certificates: Certificates;
  readonly proxy: SoakedProxy;
  readonly stop: () => Promise<void>;
}

/** Starts the servers, then the proxy with its first configuration. */
async function setStage({ directory }: SoakRequest): Promise<Stage> {
  const programs = compileNative(join(PROJECT, 'out', 'bench'));
  const origin = start({ argv: [programs.origin, String(PROBE_BYTES)] }, LOAD_CORE, directory, true);
  const probePort = await firstNumber(origin.child.stdout);
  const [first, second, steady] = await Promise.all(
    ['first', 'second', 'steady'].map(async (name) => Upstream.start(name, await freePort())),
  );
  if (first === undefined || second === undefined || steady === undefined) throw new Error('no servers');
  const [web, secure] = [await freePort(), await freePort()];
  const ports = { web, secure, app: [first.port, second.port], steady: steady.port, probe: probePort } as const;
  const certificates = new Certificates(directory);
  certificates.replace();
  writeFileSync(join(directory, 'static.yml'), JSON.stringify(installFile(ports), undefined, 1));
  writeDynamic(directory, 0, ports);
  const proxy = await SoakedProxy.start(ROOT, directory, web);
  const probe = { loadgen: programs.loadgen, port: web, responseBytes: PROBE_BYTES };
  const stop = async (): Promise<void> => {
    await Promise.all([first, second, steady].map(async (upstream) => upstream.kill()));
  };
  return { ports, probe, killable: [first, second], certificates, proxy, stop };
}

async function firstNumber(stream: NodeJS.ReadableStream | null): Promise<number> {
  if (stream !== null) for await (const line of createInterface({ input: stream })) return parseInt(line, 10);
  throw new Error('the origin did not start');
}

/** Samples until the time is over or the proxy has ended. */
async function watch(request: SoakRequest, stage: Stage, ledger: Ledger, ending: AbortSignal): Promise<Sample[]> {
  const samples: Sample[] = [];
  const began = performance.now();
  const until = began + request.minutes * 60_000;
  let hasSnapshot = !request.heapSnapshots;
  while (performance.now() < until && !ending.aborted) {
    const pace = sleep(SAMPLE_EVERY_MS);
    const sample = await takeSample(stage.proxy, stage.probe, ledger, began, SAMPLE_EVERY_MS - 500);
    if (sample === undefined) break;
    samples.push(sample);
    appendFileSync(join(request.directory, 'samples.jsonl'), `${JSON.stringify(sample)}\n`);
    if (samples.length % SAMPLES_PER_MINUTE === 0) say(progressOf(sample));
    if (!hasSnapshot && sample.seconds > request.warmupMinutes * 60) {
      hasSnapshot = true;
      await stage.proxy.snapshotHeap(join(request.directory, 'warm.heapsnapshot'));
    }
    await pace;
  }
  return samples;
}

function progressOf({
  seconds,
  rssBytes,
  heapUsedBytes,
  descriptors,
  snapshotsLive,
  connections,
  ...rest
}: Sample): string {
  const memory = `RSS ${(rssBytes / 1e6).toFixed(1)} MB, heap ${(heapUsedBytes / 1e6).toFixed(1)} MB`;
  const held = `${descriptors} descriptors, ${connections} connections, ${snapshotsLive} snapshots`;
  const failures = `${rest.documented} documented, ${rest.unexpected} unexplained failures`;
  return `${Math.round(seconds / 60)} min: ${memory}, ${held}, p50 ${rest.p50} p99 ${rest.p99} µs, ${rest.requests} requests, ${failures}`;
}

/** What the proxy still holds when nobody asks anything of it, and how it ends. */
async function rest(
  proxy: SoakedProxy,
): Promise<{ readonly atRest: AtRest; readonly reasons: Record<string, number> }> {
  const deadline = performance.now() + REST_WITHIN_MS;
  for (;;) {
    const inside = await proxy.look();
    const stat = (name: string): number => inside?.stats[name] ?? NaN;
    const left = {
      connections: stat('connectionsOpen'),
      requestsActive: stat('requestsActive'),
      upgradesActive: stat('upgradesActive'),
      snapshotsLive: stat('snapshotsLive'),
    };
    const isQuiet = left.connections + left.requestsActive + left.upgradesActive === 0 && left.snapshotsLive === 1;
    if (isQuiet || performance.now() > deadline || proxy.hasEnded) {
      return { atRest: { ...left, exitCode: await proxy.stop() }, reasons: { ...inside?.stats.reasons } };
    }
    await sleep(200);
  }
}

async function soak(request: SoakRequest): Promise<number> {
  const { directory } = request;
  const events = join(directory, 'events.jsonl');
  const note = (what: string, details: object): void =>
    appendFileSync(events, `${JSON.stringify({ at: new Date().toISOString(), what, ...details })}\n`);
  const ledger = new Ledger((failure) => note('failure', failure));
  const stage = await setStage(request);
  say(`process ${stage.proxy.pid}, ${request.minutes} minutes, everything is in ${directory}`);
  const ending = new AbortController();
  // The first signal ends the soak early, with a summary; a second one ends everything.
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => (ending.signal.aborted ? process.exit(1) : ending.abort()));
  }
  const { signal } = ending;
  // Every pause of every client listens.
  setMaxListeners(0, signal);
  const { ports, certificates, proxy, killable } = stage;
  const isCurrent = (fingerprint: string): boolean => certificates.isCurrent(fingerprint);
  const traffic = Promise.all([
    runTraffic({ ports, ledger, signal, load: request.load, isCurrent }),
    disturb({ directory, ports, proxy, killable, ledger, certificates, signal, note }),
  ]);
  const samples = await watch(request, stage, ledger, signal);
  ending.abort();
  await traffic;
  if (request.heapSnapshots) await proxy.snapshotHeap(join(directory, 'end.heapsnapshot'));
  const { atRest, reasons } = await rest(proxy);
  await stage.stop();
  const summary = summarise(request, samples, ledger, reasons, atRest);
  writeSummary(summary, directory);
  const complaint = plotSoak(samples, summary.trends, directory);
  if (complaint !== undefined) say(complaint);
  process.stdout.write(textOf(summary));
  return summary.faults.length === 0 ? 0 : 1;
}

const request = readSoakArguments(process.argv.slice(2), PROJECT, new Date());
if (typeof request === 'string') {
  process.stderr.write(request === '' ? SOAK_USAGE : `${request}\n\n${SOAK_USAGE}`);
  process.exit(request === '' ? 0 : 64);
}
if (!existsSync(join(ROOT, 'dist', 'lib', 'cli', 'main.js'))) {
  process.stderr.write('not built: npm run build\n');
  process.exit(64);
}
mkdirSync(request.directory, { recursive: true });
endGroupsAtExit();
process.exit(await soak(request));
