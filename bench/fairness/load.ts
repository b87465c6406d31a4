/**
 * Tenants of the fairness benchmark, a process of its own. Requests come when they are due, whether or not earlier ones have been
 * answered; latency counts from when a request was due.
 */
import { Agent, get } from 'node:http';

/** What a process is told to play. */
export interface Part {
  readonly port: number;
  readonly tenants: readonly string[];
  /** Requests per second, of each. */
  readonly rate: number;
  readonly sockets: number;
  /** Milliseconds before counting begins, and while it counts. */
  readonly warmup: number;
  readonly measured: number;
}

/** What came of it; of the time that counts. */
export interface Played {
  /** Milliseconds of the requests that were answered 200, in order. */
  readonly latencies: readonly number[];
  readonly asked: number;
  readonly refused: number;
  readonly failed: number;
}

/** A gap between two requests that come at random. */
const gap = (rate: number): number => (-Math.log(1 - Math.random()) * 1000) / rate;

function play({ port, tenants, rate, sockets, warmup, measured }: Part): void {
  const agent = new Agent({ keepAlive: true, maxSockets: sockets, scheduling: 'fifo' });
  const begun = performance.now();
  const from = begun + warmup;
  const end = from + measured;
  const due = tenants.map(() => begun + gap(rate));
  const latencies: number[] = [];
  let [asked, refused, failed, open] = [0, 0, 0, 0];

  const ask = (tenant: string, at: number): void => {
    const counts = at >= from;
    if (counts) asked++;
    open++;
    const settle = (status: number): void => {
      open--;
      if (!counts) return;
      if (status === 200) latencies.push(performance.now() - at);
      else if (status === 503) refused++;
      else failed++;
    };
    const request = get({ host: '127.0.0.1', port, agent, headers: { 'X-Tenant': tenant } }, (response) => {
      response.resume();
      response.once('end', () => settle(response.statusCode ?? 0));
    });
    request.once('error', () => settle(0));
  };

  const turn = (): void => {
    const now = performance.now();
    tenants.forEach((tenant, index) => {
      for (let at = due[index] ?? end; at <= now; at += gap(rate), due[index] = at) {
        // Whatever is due while all connections are taken is not asked: load stays bounded.
        if (at < end && open < 2 * sockets) ask(tenant, at);
      }
    });
    if (now < end || open > 0) setTimeout(turn, 1);
    else process.send?.({ latencies: latencies.sort((a, b) => a - b), asked, refused, failed } satisfies Played);
  };
  turn();
}

process.on('message', (part: Part) => play(part));
process.on('disconnect', () => process.exit());
