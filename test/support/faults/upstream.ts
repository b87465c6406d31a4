/** A faulty server in a process of its own; see serve.ts for what it does and manner.ts for what it can be told. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { ample, within } from '../deadline.js';

/**
 * What is done with connections: serve each request as it asks, answer all with 200, accept and read nothing, reset at
 * once, end at once.
 */
export type Behaviour = 'manners' | 'answers' | 'deaf' | 'resets' | 'ends';

export type Order = 'accounts' | 'reset connections';

/** What arrived at a server. */
export interface Accounts {
  readonly connections: number;
  readonly requests: number;
  /** Requests whose parts do not belong together. */
  readonly mismatches: readonly string[];
  /** Numbers of the POST requests that arrived more than once. */
  readonly duplicates: readonly number[];
  /** POST requests that arrived, at least in part. */
  readonly begun: number;
  /** Numbers of those that the server was done with and began to answer. */
  readonly completed: readonly number[];
}

const program = fileURLToPath(new URL('serve.ts', import.meta.url));

export class FaultUpstream implements AsyncDisposable {
  readonly port: number;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.port = port;
  }

  static async start(behaviour: Behaviour = 'manners'): Promise<FaultUpstream> {
    const child = fork(program, [behaviour], { execArgv: ['--import', import.meta.resolve('tsx')] });
    const [port] = (await within(once(child, 'message'), 'the server listens', 4 * ample)) as [number];
    return new FaultUpstream(child, port);
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Resets all connections, busy and idle. */
  resetConnections(): void {
    this.#child.send('reset connections' satisfies Order);
  }

  async accounts(): Promise<Accounts> {
    const told = once(this.#child, 'message');
    this.#child.send('accounts' satisfies Order);
    const [accounts] = (await within(told, 'the server gives account')) as [Accounts];
    return accounts;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const gone = once(this.#child, 'exit');
    this.#child.disconnect();
    await within(gone, 'the server ends');
  }
}
