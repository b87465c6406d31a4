/** The world around a command: its output, its environment, its signals. Tests pass their own. */
import { wantsColor } from '../diagnostics/render.js';

/** Signals that a running proxy answers. */
export type Signal = 'SIGINT' | 'SIGTERM' | 'SIGHUP' | 'SIGUSR1';

/** Where the commands write; tests put another in its place. */
export interface Terminal {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Whether people read what `tell` says in colour. */
  readonly color: boolean;
  /** The same for standard output, where the log goes. */
  readonly printsColor: boolean;
  /** Data, on standard output; a newline is added. */
  print(text: string): void;
  /** Everything meant for people, on standard error; a newline is added. */
  tell(text: string): void;
  /** Calls `listener` at each `signal`; the result ends that. */
  onSignal(signal: Signal, listener: () => void): () => void;
}

/** The terminal this process runs in. */
export function processTerminal(): Terminal {
  return {
    environment: process.env,
    color: wantsColor(process.stderr, process.env),
    printsColor: wantsColor(process.stdout, process.env),
    print: (text) => void process.stdout.write(`${text}\n`),
    tell: (text) => void process.stderr.write(`${text}\n`),
    onSignal: (signal, listener) => {
      process.on(signal, listener);
      return () => process.off(signal, listener);
    },
  };
}

/** Exit codes of every command. */
export const exitCodes = {
  ok: 0,
  error: 1,
  /** Something changes (plan), or a case fails (test). */
  differs: 2,
  /** The command line cannot be understood (EX_USAGE of sysexits.h). */
  usage: 64,
} as const;
/** A code that the process ends with. */
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];
