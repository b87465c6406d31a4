/** The command as a user runs it: a child process, its output, its signals, its exit. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { Client, type ClientOptions } from './client.js';
import { ample, until, within } from './deadline.js';

const main = fileURLToPath(new URL('../../lib/cli/main.ts', import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface CommandOptions {
  readonly environment?: Readonly<Record<string, string>>;
  readonly directory?: string;
}

/** `fairlead` with these arguments. */
export class Command implements AsyncDisposable {
  readonly child: ChildProcess;
  /** All that it has said on both streams. */
  output = '';
  readonly #ended: Promise<Ended>;

  constructor(args: readonly string[], { environment = {}, directory }: CommandOptions = {}) {
    this.child = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), main, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...environment },
      ...(directory !== undefined && { cwd: directory }),
    });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.output += text;
      });
    }
    this.#ended = new Promise((resolve) => {
      this.child.once('close', (code, signal) => resolve({ code, signal }));
    });
  }

  get pid(): number {
    const { pid } = this.child;
    if (pid === undefined) throw new Error('the process did not start');
    return pid;
  }

  /** The port of an entry point, once the table of URLs is there. */
  async port(entryPoint = 'web'): Promise<number> {
    const row = new RegExp(`^ +${entryPoint} +https?://[^ ]+:(\\d+)/`, 'm');
    const found = await until(
      () => row.exec(this.output)?.[1] ?? this.#failed(),
      `it serves; ${this.output}`,
      2 * ample,
    );
    return Number(found);
  }

  async connect(options?: ClientOptions): Promise<Client> {
    return Client.connect(await this.port(), options);
  }

  signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }

  /** How it ended. */
  ended(milliseconds = ample): Promise<Ended> {
    return within(this.#ended, `the command ends; it said: ${this.output}`, milliseconds);
  }

  /** Bytes of memory that are its own, as the system counts them. */
  async memory(): Promise<number> {
    const [, resident = '0', shared = '0'] = (await readFile(`/proc/${this.pid}/statm`, 'utf8')).split(' ');
    return (Number(resident) - Number(shared)) * 4096;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill('SIGKILL');
    await this.#ended;
  }

  #failed(): undefined {
    if (this.child.exitCode === null) return undefined;
    throw new Error(`the command ended with ${this.child.exitCode}: ${this.output}`);
  }
}
