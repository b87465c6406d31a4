/** The part of the public API that the commands are built on. `main.ts` passes the real one; tests pass their own. */
import type { Diagnostic } from '../diagnostics/diagnostic.js';
import type { Explanation } from '../explain/explanation.js';
import type { ExplainRequest } from '../explain/request.js';
import type { InstallResult } from '../install/result.js';
import type { Plan } from '../plan/plan.js';
import type { Side } from '../plan/side.js';
import type { Logger } from '../log.js';

/** Where an entry point listens. */
export interface ListeningAddress {
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
}

/** A running proxy, as the commands see it. */
export interface RunningProxy {
  /** By name of the entry point. */
  readonly addresses: Readonly<Record<string, ListeningAddress>>;
  /** Findings of the configuration that is in use, and of what was refused since. */
  readonly diagnostics: readonly Diagnostic[];
  /** Calls `listener` with all findings whenever a configuration was taken or refused; the result ends that. */
  on(name: 'diagnostics', listener: (diagnostics: readonly Diagnostic[]) => void): () => void;
  /** Reads every provider again. */
  reload(): void;
  /** Opens the access log again, after it was moved away. */
  reopenLogs(): void;
  /** Ends; without `drain`, as `transport.lifeCycle` says. A second call with a shorter time shortens the first. */
  close(options?: { readonly drain?: string | number }): Promise<{ readonly cut: number }>;
}

/** What `check` found out. */
export interface Checked {
  readonly diagnostics: readonly Diagnostic[];
  /** What would serve, for a line of praise. */
  readonly summary: Readonly<Record<string, number>>;
}

/** What the commands use of the public interface; tests put another in its place. */
export interface Api {
  createProxy(
    install: InstallResult,
    options: { readonly logger: Logger; readonly signal: AbortSignal },
  ): Promise<RunningProxy>;
  check(install: InstallResult): Promise<Checked>;
  plan(before: InstallResult | Side, after: InstallResult, options?: { readonly directory?: string }): Promise<Plan>;
  explain(install: InstallResult, requests: readonly ExplainRequest[]): Promise<readonly Explanation[]>;
}
