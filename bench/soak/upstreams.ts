/** The servers behind the soaked proxy. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** One server process; it may be killed and started again on the same port. */
export class Upstream {
  readonly port: number;
  readonly #name: string;
  #child: ChildProcess | undefined;

  private constructor(name: string, port: number) {
    this.#name = name;
    this.port = port;
    process.on('exit', () => this.#child?.kill('SIGKILL'));
  }

  /** Resolves when it listens. */
  static async start(name: string, port: number): Promise<Upstream> {
    const upstream = new Upstream(name, port);
    await upstream.restart();
    return upstream;
  }

  /** Starts it after `kill`; resolves when it listens. Rejects when it ends instead. */
  async restart(): Promise<void> {
    const script = join(import.meta.dirname, 'upstream.mjs');
    const child = spawn(process.execPath, [script, this.#name, String(this.port)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#child = child;
    const ended = once(child, 'exit').then(() => {
      throw new Error(`the server ${this.#name} ended`);
    });
    await Promise.race([once(child.stdout, 'data'), ended]);
    ended.catch(() => undefined);
  }

  /** Ends it at once, as a crash would. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }
}
