import type { Api, RunningProxy } from '../../../../lib/cli/api.js';
import { command } from '../../../../lib/cli/command.js';
import type { Signal, Terminal } from '../../../../lib/cli/terminal.js';
import { FileFault } from '../../../../lib/source/files.js';
import type { InstallPorts } from '../../../../lib/install/read.js';

/** A terminal that remembers what was written, and whose signals a test sends. */
export class FakeTerminal implements Terminal {
  readonly environment = {};
  readonly color = false;
  readonly printsColor = false;
  printed = '';
  told = '';
  readonly #listeners = new Map<Signal, Set<() => void>>();

  print(text: string): void {
    this.printed += `${text}\n`;
  }

  tell(text: string): void {
    this.told += `${text}\n`;
  }

  onSignal(signal: Signal, listener: () => void): () => void {
    const listeners = this.#listeners.get(signal) ?? new Set();
    this.#listeners.set(signal, listeners);
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  /** Sends a signal; the number of listeners it reached. */
  send(signal: Signal): number {
    const listeners = [...(this.#listeners.get(signal) ?? [])];
    for (const listener of listeners) listener();
    return listeners.length;
  }
}

/** A disk with these files only. */
export function disk(files: Readonly<Record<string, string>>): InstallPorts {
  return {
    environment: {},
    workingDirectory: '/nowhere',
    cpus: 1,
    readText: async (path) => {
      const text = files[path];
      if (text !== undefined) return text;
      throw new FileFault('there is no such file', { cause: Object.assign(new Error(), { code: 'ENOENT' }) });
    },
  };
}

export const unusedApi: Api = {
  createProxy: () => Promise.reject(new Error('createProxy() was not expected')),
  check: () => Promise.reject(new Error('check() was not expected')),
  plan: () => Promise.reject(new Error('plan() was not expected')),
  explain: () => Promise.reject(new Error('explain() was not expected')),
};

/** A proxy that does nothing; tests replace what they watch. */
export const idleProxy: RunningProxy = {
  addresses: { web: { host: '', port: 80, tls: false }, websecure: { host: '127.0.0.1', port: 8443, tls: true } },
  diagnostics: [],
  on: () => () => undefined,
  reload: () => undefined,
  reopenLogs: () => undefined,
  close: () => Promise.resolve({ cut: 0 }),
};

/** Runs one command line; what it said and its exit code. */
export async function invoke(
  args: readonly string[],
  api: Partial<Api> = {},
  files: Readonly<Record<string, string>> = {},
) {
  const terminal = new FakeTerminal();
  const code = await command(args, () => Promise.resolve({ ...unusedApi, ...api }), disk(files), terminal);
  return { code, printed: terminal.printed, told: terminal.told };
}
