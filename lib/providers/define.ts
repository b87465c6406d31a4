import type { Diagnostic } from '../diagnostics/diagnostic.js';
import type { LoadedDocument } from '../schema/loaded.js';

/** What kind of thing stands at a path, and how to see that it changed. */
export interface FileStatus {
  readonly kind: 'file' | 'directory' | 'other';
  /** Bytes. */
  readonly size: number;
  /** Last change of the content, milliseconds since 1970. */
  readonly modified: number;
  /** Last change of the content, the name or the rights, milliseconds since 1970; programs cannot set it back. */
  readonly changed: number;
  /** Device and inode: differs when another file or directory took the place. */
  readonly identity: string;
  /** Differs whenever the file may have changed: identity, size and times. */
  readonly version: string;
}

/** Why files are read again: the system says that some changed, or somebody wants all of them read (SIGHUP). */
export type Occasion = 'changed' | 'asked';

/** The outside world as providers see it. Tests pass their own. */
export interface Ports {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** What stands at the path, links followed; undefined when nothing does, or it cannot be seen. */
  status(path: string): Promise<FileStatus | undefined>;
  /** Names in a directory, in no order. Throws with a reason. */
  list(directory: string): Promise<readonly string[]>;
  /** The text of a regular file of at most `limit` bytes. Throws with a reason. */
  readText(path: string, limit: number): Promise<string>;
  /**
   * One element for each burst of changes at the paths, until the signal aborts. Paths are asked for again after each.
   * The first element, and one for each new path, comes at once: what changed since the caller looked is not missed.
   * A wish to have everything read again (SIGHUP) is an element as well, also when there are no paths.
   */
  changes(paths: () => readonly string[], signal: AbortSignal): AsyncIterable<Occasion>;
  /**
   * Whether the file was moved to its place as a whole, and not written to since, as far as `changes` has been told; left
   * out where nobody can tell.
   */
  isWhole?(path: string): Promise<boolean>;
  /** Ends early, without an error, when the signal aborts. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
  /** Milliseconds since 1970. */
  now(): number;
}

/** Everything a provider knows at one moment. Of documents that define a name twice, the first wins. */
export interface Delivery {
  readonly documents: readonly LoadedDocument[];
  /** Findings that belong to no document: unreadable files, broken syntax. */
  readonly findings: readonly Diagnostic[];
  /** Equal for deliveries that say the same. */
  readonly fingerprint: string;
}

/**
 * One source of configuration.
 *
 * `deliveries` yields whole deliveries until the signal aborts. What a user can get wrong is a finding in a delivery that
 * holds the last good documents; an exception means that the provider has to be started again. Throttling, comparison and
 * restarts are the business of `supervise`.
 */
export interface ProviderDefinition<C> {
  /** The part of object names behind the `@`. */
  readonly name: string;
  readonly summary: string;
  deliveries(config: C, ports: Ports, signal: AbortSignal): AsyncIterable<Delivery>;
}

/** Checks the shape of a definition and keeps its types. */
export const defineProvider = <C>(definition: ProviderDefinition<C>): ProviderDefinition<C> => definition;
