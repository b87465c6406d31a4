/** One running proxy with its own directory, port and configuration, checked before anything is measured. */
import { mkdirSync, mkdtempSync, renameSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Certificate } from './certificate.js';
import { BOTH_CORES, PROXY_CORE, type Running, cpuSeconds, family, freePort, start, stop } from './processes.js';
import type { Proxy, Setting } from './proxies/define.js';
import { routesOf } from './routes.js';
import type { Scenario } from './scenarios.js';

// Loading 50,000 routes takes seconds; a proxy that needs longer than this is reported as failed.
const READY_MS = 120_000;
const ASK_MS = 2_000;
const POLL_MS = 25;

/** The running origin. */
export interface Origin {
  readonly port: number;
  readonly pid: number;
  /** Length of its whole response. */
  readonly bytes: number;
}

/** A proxy that answers correctly. */
export interface Instance {
  readonly proxy: Proxy;
  readonly setting: Setting;
  readonly running: Running;
  /** From the start of the process to its first correct response. */
  readonly readyMs: number;
  /** The CPU time that took, which other programs on the machine do not stretch. */
  readonly readyCpuSeconds: number;
  readonly pids: () => readonly number[];
  /** Writes the configuration of another generation and makes the proxy load it. */
  readonly reload: (generation: number) => void;
  /** How much of its memory belongs to JavaScript; 0 where there is none. */
  readonly scriptBytes: () => Promise<number>;
  /** Makes its control plane stand still from now on. */
  readonly block: (milliseconds: number, computes: boolean) => void;
  /** The generation that answers now. */
  readonly generation: () => Promise<number>;
  readonly stop: () => Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly body: Buffer;
  readonly generation: number;
}

/** Starts `proxy` for `scenario` under `parent`. Throws with its last output when it does not answer correctly. */
export async function startInstance(
  proxy: Proxy,
  scenario: Scenario,
  origin: Origin,
  certificate: Certificate,
  parent: string,
): Promise<Instance> {
  const directory = mkdtempSync(join(parent, `${proxy.name.replaceAll(/\W/g, '-')}-`));
  const setting: Setting = {
    directory,
    port: await freePort(),
    originPort: origin.port,
    originBytes: origin.bytes,
    certificate: scenario.load.tls === true ? certificate : undefined,
    routes: scenario.routes,
    websocket: scenario.load.websocket === true,
    bulk: scenario.measure === 'bandwidth',
    reconnects: scenario.load.reconnect === true,
    workers: scenario.workers ?? 1,
    blocks: scenario.measure === 'blocked',
    floor: scenario.floor,
    generation: scenario.measure === 'reload' ? 0 : undefined,
  };
  writeFiles(proxy, setting);
  const began = performance.now();
  const core = scenario.workers === undefined ? PROXY_CORE : BOTH_CORES;
  const running = start(proxy.command(setting), core, directory);
  try {
    await becomeReady(scenario, setting, running);
  } catch (error) {
    await stop(running);
    throw error;
  }
  return {
    proxy,
    setting,
    running,
    readyMs: performance.now() - began,
    readyCpuSeconds: cpuSeconds(family(running.pid)),
    pids: () => family(running.pid),
    reload(generation) {
      const next = { ...setting, generation };
      writeFiles(proxy, next);
      proxy.reload?.(running.pid, next);
    },
    scriptBytes: async () => (await proxy.scriptBytes?.(running.pid, setting)) ?? 0,
    block: (milliseconds, computes) => proxy.block?.(running.pid, milliseconds, computes, setting),
    generation: async () => (await ask(setting)).generation,
    stop: async () => stop(running),
  };
}

/** Files are replaced in one step, as an editor or a deployment would. */
function writeFiles(proxy: Proxy, setting: Setting): void {
  mkdirSync(setting.directory, { recursive: true });
  for (const [name, content] of Object.entries(proxy.files(setting))) {
    const path = join(setting.directory, name);
    writeFileSync(`${path}.new`, content);
    renameSync(`${path}.new`, path);
  }
}

async function becomeReady(scenario: Scenario, setting: Setting, running: Running): Promise<void> {
  const deadline = performance.now() + READY_MS;
  let reason = 'it never answered';
  // Either may be set: a process ends with a code, or by a signal.
  const ended = (): boolean => running.child.exitCode !== null || running.child.signalCode !== null;
  while (performance.now() < deadline && !ended()) {
    try {
      const { status, body } = await ask(setting);
      reason = wrong(scenario, status, body) ?? '';
      if (reason === '') return;
    } catch (error) {
      reason = String(error);
    }
    await sleep(POLL_MS);
  }
  throw new Error(`${ended() ? 'it ended' : reason}; its last words: ${running.output().trim() || 'none'}`);
}

/** What is wrong with an answer; undefined when it is the origin's, byte for byte. */
function wrong({ responseBytes }: Scenario, status: number, body: Buffer): string | undefined {
  if (status !== 200) return `status ${status}`;
  if (body.length !== responseBytes) return `${body.length} bytes instead of ${responseBytes}`;
  const isOrigin = body.every((byte, index) => byte === 0x61 + (index % 26));
  return isOrigin ? undefined : 'another body than the origin sent';
}

/** One request on a connection of its own. */
async function ask({ port, certificate, routes }: Setting): Promise<Answer> {
  // The last route is the one that a half-loaded or linear table would get wrong.
  const route = routes === undefined ? undefined : routesOf(routes).at(-1);
  const host = route?.host ?? 'example.test';
  const options = {
    host: '127.0.0.1',
    port,
    path: `${route?.prefix ?? '/'}item`,
    headers: { host },
    agent: false,
    timeout: ASK_MS,
  };
  return new Promise((resolve, reject) => {
    const receive = (response: http.IncomingMessage): void => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const generation = Number(response.headers['x-generation']);
        resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks), generation });
      });
    };
    const request =
      certificate === undefined
        ? http.get(options, receive)
        : https.get({ ...options, servername: host, rejectUnauthorized: false }, receive);
    request.on('timeout', () => request.destroy(new Error(`no answer in ${ASK_MS} ms`)));
    request.on('error', reject);
  });
}
