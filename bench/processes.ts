/** Starts pinned processes, measures them through /proc, and ends every one of them when the harness ends. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { createServer } from 'node:net';

/** The proxy has one core for itself; generator and origin share the other. */
export const PROXY_CORE = 0;
export const LOAD_CORE = 1;
/** Where the number of workers is what is compared, in the words of taskset(1). */
export const BOTH_CORES = '0,1';

/** A program with its arguments, and variables added to the environment. */
export interface Command {
  readonly argv: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

/** A running child in a process group of its own. */
export interface Running {
  readonly child: ChildProcess;
  readonly pid: number;
  /** What it wrote to stderr (and stdout, when that is not read otherwise), the last 4,000 characters. */
  readonly output: () => string;
  readonly ended: Promise<number | null>;
}

const groups = new Set<number>();

let niceness: readonly string[] = [];

/** Starts everything from here on with this niceness; below zero needs root and keeps other programs out of the way. */
export function setNiceness(value: number): void {
  niceness = ['nice', '-n', String(value)];
}

/** Makes sure that nothing outlives the harness when it exits. Call once. */
export function endGroupsAtExit(): void {
  process.on('exit', () => groups.forEach((pid) => signalGroup(pid, 'SIGKILL')));
}

/** As `endGroupsAtExit`, and exits on signals. Call once. */
export function endEverythingAtExit(): void {
  endGroupsAtExit();
  process.on('SIGINT', () => process.exit(130));
  process.on('SIGTERM', () => process.exit(143));
  process.on('SIGHUP', () => process.exit(129));
}

/** Starts `command` pinned to `core` in its own process group. `reads` leaves stdout to the caller. */
export function start(command: Command, core: number | string, directory: string, reads = false): Running {
  const [program, ...args] = [...niceness, 'taskset', '-c', String(core), ...command.argv] as [string, ...string[]];
  const child = spawn(program, args, {
    cwd: directory,
    detached: true,
    env: { ...process.env, ...command.environment },
    stdio: [reads ? 'pipe' : 'ignore', 'pipe', 'pipe'],
  });
  let text = '';
  const keep = (chunk: Buffer): void => {
    text = (text + chunk.toString()).slice(-4000);
  };
  child.stderr?.on('data', keep);
  if (!reads) child.stdout?.on('data', keep);
  const pid = child.pid ?? 0;
  if (pid > 0) groups.add(pid);
  const ended = new Promise<number | null>((resolve) => {
    child.once('error', (error) => {
      text += String(error);
      resolve(null);
    });
    child.once('exit', resolve);
  });
  return { child, pid, output: () => text, ended };
}

/** Ends the whole group of `running` at once and waits until its first process is gone. */
export async function stop(running: Running): Promise<void> {
  signalGroup(running.pid, 'SIGKILL');
  await running.ended;
  groups.delete(running.pid);
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // ESRCH: the group has ended by itself.
  }
}

/** `pid` and all its living descendants. */
export function family(pid: number): readonly number[] {
  const parents = new Map<number, number>();
  for (const entry of readdirSync('/proc')) {
    const fields = /^\d+$/.test(entry) ? statFields(Number(entry)) : undefined;
    if (fields !== undefined) parents.set(Number(entry), Number(fields[1]));
  }
  const members = [pid];
  for (const member of members) {
    for (const [child, parent] of parents) if (parent === member) members.push(child);
  }
  return members;
}

/** The fields of /proc/PID/stat from the state on; undefined when the process is gone. */
function statFields(pid: number): readonly string[] | undefined {
  const line = read(`/proc/${pid}/stat`);
  return line?.slice(line.lastIndexOf(')') + 2).split(' ');
}

/** Resident bytes of all `pids` together. */
export function residentBytes(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + Number(read(`/proc/${pid}/statm`)?.split(' ')[1] ?? 0) * 4096, 0);
}

/** User and system time of all `pids` since they started, in seconds (ticks of 10 ms). */
export function cpuSeconds(pids: readonly number[]): number {
  const ticks = pids.flatMap((pid) => statFields(pid)?.slice(11, 13).map(Number) ?? []);
  return ticks.reduce((sum, value) => sum + value, 0) / 100;
}

/** Busy time of one core since boot, in clock ticks of 10 ms: everything but idle and waiting for a disk. */
export function busyTicks(core: number): number {
  const line = read('/proc/stat')
    ?.split('\n')
    .find((text) => text.startsWith(`cpu${core} `));
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = (line ?? '')
    .split(' ')
    .slice(1)
    .map(Number);
  return user + nice + system + irq + softirq + steal;
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

/** A TCP port of the loopback address that was free a moment ago. */
export async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => {
        resolve(typeof address === 'object' && address !== null ? address.port : 0);
      });
    });
  });
}
