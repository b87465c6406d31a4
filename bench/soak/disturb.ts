/** What happens to the proxy while traffic runs: reloads, new certificates, killed servers, rotated logs. */
import { X509Certificate } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createCertificate } from '../certificate.js';
import { type Ports, dynamicFile } from './configuration.js';
import type { Ledger } from './ledger.js';
import type { SoakedProxy } from './proxy.js';
import { pause } from './traffic/define.js';
import { exchange } from './traffic/exchange.js';
import type { Upstream } from './upstreams.js';

const RELOAD_EVERY_MS = 10_000;
const CERTIFICATE_EVERY_MS = 60_000;
const KILL_EVERY_MS = 30_000;
const DOWN_MS = 5_000;
const ROTATE_EVERY_MS = 60_000;
/** A reload that takes longer has failed. */
const APPLIED_WITHIN_MS = 8_000;
/** How long a replaced certificate may still be seen: changed files are left alone until they look complete. */
const RETIRED_MS = 20_000;

/** Around all disturbances. */
export interface Disturbed {
  readonly directory: string;
  readonly ports: Ports;
  readonly proxy: SoakedProxy;
  readonly killable: readonly Upstream[];
  readonly ledger: Ledger;
  readonly certificates: Certificates;
  readonly signal: AbortSignal;
  /** Told of everything that happens. */
  readonly note: (what: string, details: object) => void;
}

/** The certificates that were ever presented, and when they were replaced. */
export class Certificates {
  readonly #directory: string;
  readonly #replaced = new Map<string, number>();
  #present = '';

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Writes a new pair in place of the old one. */
  replace(): void {
    const aside = join(this.#directory, 'new-certificate');
    mkdirSync(aside, { recursive: true });
    const { certificate, key } = createCertificate(aside);
    if (this.#present !== '') this.#replaced.set(this.#present, performance.now());
    this.#present = new X509Certificate(readFileSync(certificate)).fingerprint256;
    renameSync(certificate, join(this.#directory, 'certificate.pem'));
    renameSync(key, join(this.#directory, 'key.pem'));
  }

  isCurrent(fingerprint: string): boolean {
    const replaced = this.#replaced.get(fingerprint);
    return fingerprint === this.#present || (replaced !== undefined && performance.now() - replaced < RETIRED_MS);
  }
}

/** Replaces `dynamic.yml` in one step. */
export function writeDynamic(directory: string, generation: number, ports: Ports): void {
  const path = join(directory, 'dynamic.yml');
  writeFileSync(`${path}.new`, JSON.stringify(dynamicFile(generation, ports), undefined, 1));
  renameSync(`${path}.new`, path);
}

/** Runs all disturbances until the signal. */
export async function disturb(disturbed: Disturbed): Promise<void> {
  await Promise.all([reloads(disturbed), certificateSwaps(disturbed), kills(disturbed), rotations(disturbed)]);
}

async function reloads({ directory, ports, ledger, signal, note }: Disturbed): Promise<void> {
  for (let generation = 1; await pause(signal, RELOAD_EVERY_MS); generation++) {
    const began = performance.now();
    writeDynamic(directory, generation, ports);
    const isApplied = await appliedWithin(ports.web, generation, began + APPLIED_WITHIN_MS);
    const milliseconds = Math.round(performance.now() - began);
    note('reload', { generation, milliseconds });
    if (isApplied) ledger.succeeded('reload');
    else ledger.failed('reload', 'not applied in time', began, false);
  }
}

/** Asks the steady server's route for the generation that answers. */
async function appliedWithin(port: number, generation: number, deadline: number): Promise<boolean> {
  while (performance.now() < deadline) {
    const answer = await exchange({ port, path: '/steady/bytes/0', agent: false }).catch(() => undefined);
    if (answer?.headers['x-generation'] === String(generation)) return true;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return false;
}

async function certificateSwaps({ certificates, signal, note }: Disturbed): Promise<void> {
  while (await pause(signal, CERTIFICATE_EVERY_MS)) {
    certificates.replace();
    note('certificate', {});
  }
}

/** Kills one server after the other; there is always another one that runs. */
async function kills({ killable, ledger, signal, note }: Disturbed): Promise<void> {
  for (let count = 0; await pause(signal, KILL_EVERY_MS - DOWN_MS); count++) {
    const victim = killable[count % killable.length];
    if (victim === undefined) return;
    ledger.noteKill();
    await victim.kill();
    ledger.noteKill();
    note('kill', { port: victim.port });
    await pause(signal, DOWN_MS);
    await victim.restart();
  }
}

/** Moves the access log away, and counts the reasons in it once it is complete. */
async function rotations({ directory, proxy, signal, note }: Disturbed): Promise<void> {
  const [log, moved] = [join(directory, 'access.log'), join(directory, 'access.log.1')];
  while (await pause(signal, ROTATE_EVERY_MS)) {
    renameSync(log, moved);
    proxy.signal('SIGUSR1');
    // The writer takes the new file with its next lines, a tenth of a second later at most.
    await pause(signal, 2_000);
    note('access log', reasonsIn(readFileSync(moved, 'utf8')));
    rmSync(moved);
  }
}

/** How often each reason stands in lines of the access log, with the status that the client got. */
export function reasonsIn(text: string): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const line of text.split('\n').filter((line) => line !== '')) {
    const { Reason, DownstreamStatus, ServiceName } = JSON.parse(line) as Readonly<Record<string, string | number>>;
    const key = `${DownstreamStatus ?? '-'} ${Reason ?? 'of the server'} ${ServiceName ?? '-'}`;
    counts[key] = (counts[key] ?? 0) + 1;
  }
  return counts;
}
