/** A proxy whose host does nothing but JavaScript for a while, and the load that must not notice. */
import assert from 'node:assert/strict';
import { FaultUpstream } from './faults/upstream.js';
import { LoadProcess, type LoadReport } from './load-process.js';
import { everythingTo, startProxy } from './proxy.js';
import { createCertificate } from './certificates.js';
import { setTimeout as delay } from 'node:timers/promises';

export interface Blocked {
  /** What the load saw while the event loop was free, and while it was not. */
  readonly free: readonly LoadReport[];
  readonly blocked: readonly LoadReport[];
}

/** Does not return to the event loop for so long. */
function block(milliseconds: number): void {
  for (const end = performance.now() + milliseconds; performance.now() < end;);
}

/** So many turns of being blocked and of being free, each so many milliseconds long; fails when a request does. */
export async function blockUnderLoad(turns: number, milliseconds: number): Promise<Blocked> {
  await using app = await FaultUpstream.start('answers');
  const address = '127.0.0.1:0';
  const { certificate, key } = createCertificate('a.example');
  await using proxy = await startProxy({
    entryPoints: { web: { address }, secure: { address, http: { tls: {} } } },
    ...everythingTo(app.url),
    tls: { certificates: [{ certFile: certificate, keyFile: key }] },
  });
  await using load = await LoadProcess.start({ port: proxy.port(), keeping: 4, tls: 1, tlsPort: proxy.port('secure') });
  const free: LoadReport[] = [];
  const blocked: LoadReport[] = [];
  await load.report();
  for (let turn = 0; turn < turns; turn++) {
    await delay(milliseconds);
    free.push(await load.report());
    block(milliseconds);
    blocked.push(await load.report());
  }
  const { failures } = await load.stop();
  assert.deepEqual(failures, []);
  return { free, blocked };
}
