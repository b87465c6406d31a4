/** Errors in place of what system calls of a running process would have done, by strace. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ample, until } from './deadline.js';

/** Why it cannot be done here; undefined when it can. */
export function injectionImpossible(): string | undefined {
  const { error, status } = spawnSync('strace', [
    '-f',
    '-o',
    '/dev/null',
    '-e',
    'inject=close:error=EIO:when=1',
    'true',
  ]);
  return error === undefined && status === 0 ? undefined : 'strace cannot be used here';
}

export class Injection implements AsyncDisposable {
  readonly #strace: ChildProcess;
  readonly #trace: string;
  #said = '';

  private constructor(pid: number, rule: string) {
    const [call = ''] = rule.split(':');
    this.#trace = join(tmpdir(), `fairlead-injection-${process.pid}`);
    const args = ['-f', '-p', String(pid), '-o', this.#trace, '-e', `trace=${call}`, '-e', `inject=${rule}`];
    this.#strace = spawn('strace', args, { stdio: ['ignore', 'ignore', 'pipe'] });
    this.#strace.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#said += text;
    });
  }

  /** Until it ends, all threads of the process suffer `rule`, such as `accept4:error=EMFILE:when=1+2`. */
  static async start(pid: number, rule: string): Promise<Injection> {
    const injection = new Injection(pid, rule);
    await until(() => injection.#said.includes('attached'), `strace attaches: ${rule}`, 2 * ample);
    return injection;
  }

  /** Lets go, and tells how many calls have failed. */
  async end(): Promise<number> {
    this.#strace.kill('SIGINT');
    await until(() => this.#strace.exitCode !== null || this.#strace.signalCode !== null, 'strace lets go');
    const trace = await readFile(this.#trace, 'latin1');
    await rm(this.#trace);
    return trace.split('(INJECTED)').length - 1;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#strace.exitCode === null && this.#strace.signalCode === null) await this.end();
  }
}

/** Seconds of processor time that a process has used. */
export async function processorSeconds(pid: number): Promise<number> {
  const line = await readFile(`/proc/${pid}/stat`, 'utf8');
  // Behind the name, which is in parentheses; the kernel counts in hundredths.
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}
