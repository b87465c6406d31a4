/** The slow server of the fairness benchmark, a process of its own. Keeps account of how busy it was. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { longest, shortest } from './setting.js';

/** How busy the server was, since the question before. */
export interface Busy {
  /** Requests that were here, on average over the time. */
  readonly active: number;
  readonly most: number;
}

let active = 0;
let most = 0;
let area = 0;
let begun = performance.now();
let changed = begun;

function change(by: number): void {
  const now = performance.now();
  area += active * (now - changed);
  changed = now;
  active += by;
  most = Math.max(most, active);
}

const server = createServer({ keepAliveTimeout: 60_000 }, (_, response) => {
  change(1);
  void delay(shortest + Math.random() * (longest - shortest)).then(() => {
    change(-1);
    response.end('ok');
  });
});

process.on('message', () => {
  change(0);
  process.send?.({ active: area / (changed - begun), most } satisfies Busy);
  begun = changed;
  area = 0;
  most = active;
});
process.on('disconnect', () => process.exit());
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
