/** The proxy under soak: the command as a user runs it, with a channel to look inside. */
import { type ChildProcess, spawn } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** What the proxy's process says about itself. */
export interface InsideView {
  readonly stats: Readonly<Record<string, number>> & { readonly reasons?: Readonly<Record<string, number>> };
  readonly memory: { readonly heapUsed: number; readonly heapTotal: number; readonly external: number };
  readonly heap: { readonly number_of_native_contexts: number; readonly number_of_detached_contexts: number };
}

interface Answered extends InsideView {
  readonly id: number;
}

const START_MS = 30_000;
const ANSWER_MS = 10_000;
/** Longer than a drain takes: the default of `graceTimeOut` is 10 s. */
const STOP_MS = 30_000;

/** Runs `bin/fairlead.js` of `root` in `directory`, where `static.yml` lies. */
export class SoakedProxy {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, (answer: Answered) => void>();
  #questions = 0;

  private constructor(root: string, directory: string) {
    const inside = join(import.meta.dirname, 'inside.mjs');
    this.#child = spawn(
      process.execPath,
      ['--import', inside, join(root, 'bin', 'fairlead.js'), '--configFile=static.yml'],
      {
        cwd: directory,
        env: { ...process.env, FAIRLEAD_SOAK_ROOT: root },
        stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      },
    );
    process.on('exit', () => this.#child.kill('SIGKILL'));
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream?.on('data', (chunk: Buffer) => appendFileSync(join(directory, 'output.txt'), chunk));
    this.#child.on('message', (answer: Answered) => {
      this.#waiting.get(answer.id)?.(answer);
      this.#waiting.delete(answer.id);
    });
  }

  /** Resolves when it accepts connections on `port`. */
  static async start(root: string, directory: string, port: number): Promise<SoakedProxy> {
    const proxy = new SoakedProxy(root, directory);
    const deadline = performance.now() + START_MS;
    while (!(await accepts(port))) {
      if (proxy.hasEnded || performance.now() > deadline)
        throw new Error(`the proxy does not start; see ${directory}/output.txt`);
      await sleep(100);
    }
    return proxy;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** Counters and heap. Undefined when the process does not answer in time: its JavaScript is blocked, or it has ended. */
  async look(): Promise<InsideView | undefined> {
    return this.#ask({ kind: 'stats' });
  }

  /** Writes a heap snapshot of V8. JavaScript stands still meanwhile. */
  async snapshotHeap(path: string): Promise<void> {
    await this.#ask({ kind: 'snapshot', path });
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** Drains; resolves to the exit code, or undefined when it had to be killed. */
  async stop(): Promise<number | undefined> {
    const ended = new Promise<number | undefined>((resolve) => {
      this.#child.once('exit', (code) => resolve(code ?? undefined));
    });
    if (this.hasEnded) return this.#child.exitCode ?? undefined;
    this.#child.kill('SIGTERM');
    const killer = setTimeout(() => this.#child.kill('SIGKILL'), STOP_MS);
    const code = await ended;
    clearTimeout(killer);
    return code;
  }

  #ask(question: object): Promise<InsideView | undefined> {
    const id = ++this.#questions;
    return new Promise((resolve) => {
      if (!this.#child.connected) return resolve(undefined);
      const timer = setTimeout(() => {
        this.#waiting.delete(id);
        resolve(undefined);
      }, ANSWER_MS);
      this.#waiting.set(id, (answer) => {
        clearTimeout(timer);
        resolve(answer);
      });
      this.#child.send({ ...question, id });
    });
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
