/** Steady load from a process of its own. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { ample, until, within } from './deadline.js';

export interface LoadOrder {
  readonly port: number;
  /** Clients that keep their connection for as long as the server does. */
  readonly keeping: number;
  /** Clients that take a new connection for every request. */
  readonly fresh: number;
  /** The same through TLS, to `tlsPort`. */
  readonly tls: number;
  readonly tlsPort: number;
}

export interface LoadReport {
  /** No client asks any more. */
  readonly isLast: boolean;
  readonly answered: number;
  /** What went wrong, the first of it: a request without its whole answer of status 200 did. */
  readonly failures: readonly string[];
  /** Milliseconds, of the requests since the last report. */
  readonly p50: number;
  readonly p99: number;
  readonly measured: number;
}

const program = fileURLToPath(new URL('lib/loading.ts', import.meta.url));

export class LoadProcess implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  readonly #last: Promise<LoadReport>;

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.#ended = once(child, 'exit');
    this.#last = new Promise((resolve) => {
      child.on('message', (report: LoadReport) => report.isLast && resolve(report));
    });
  }

  /** Resolves once answers come. A client that is refused ends; the others go on until `stop`. */
  static async start(order: Partial<LoadOrder> & { readonly port: number }): Promise<LoadProcess> {
    const whole: LoadOrder = { keeping: 8, fresh: 2, tls: 0, tlsPort: 0, ...order };
    const child = fork(program, [JSON.stringify(whole)], { execArgv: ['--import', import.meta.resolve('tsx')] });
    const load = new LoadProcess(child);
    await until(async () => (await load.report()).answered > 0, 'load runs', 4 * ample);
    return load;
  }

  async report(): Promise<LoadReport> {
    const told = once(this.#child, 'message');
    this.#child.send('report');
    const [report] = (await within(told, 'a report of the load', 4 * ample)) as [LoadReport];
    return report;
  }

  /** Lets every client end its request. */
  async stop(): Promise<LoadReport> {
    this.#child.send('stop');
    return this.ended();
  }

  /** The last report, once every client has stopped or was refused. */
  async ended(): Promise<LoadReport> {
    return within(this.#last, 'the load ends', 4 * ample);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.connected) this.#child.disconnect();
    await within(this.#ended, 'the load ends');
  }
}
