/** What the harness needs to know about a proxy. */
import type { Certificate } from '../certificate.js';
import type { Command } from '../processes.js';
import type { RouteTable } from '../routes.js';
import type { Measure } from '../scenarios.js';

/** What a scenario may ask for beyond plain HTTP/1.1. */
export type Feature =
  | 'tls'
  | 'routes'
  | 'reload'
  | 'websocket'
  /** Serves with as many threads or processes as it is told. */
  | 'workers'
  /** Takes 18,000 connections within 20,000 descriptors. */
  | 'crowds'
  /** Its control plane can be made to stand still. */
  | 'block'
  /** ... by computing. */
  | 'compute';

/** One instance of a proxy: what its configuration must say. */
export interface Setting {
  /** An empty directory for its files; also its working directory. */
  readonly directory: string;
  /** Where it listens on 127.0.0.1. */
  readonly port: number;
  readonly originPort: number;
  /** Length of the origin's whole response, head included. Only the floor needs it. */
  readonly originBytes: number;
  /** Present when it must speak TLS (and then only TLS). */
  readonly certificate?: Certificate | undefined;
  /** Present when it must route by host and path, and answer anything else with 404. */
  readonly routes?: RouteTable | undefined;
  readonly websocket: boolean;
  readonly bulk: boolean;
  readonly reconnects: boolean;
  readonly workers: number;
  readonly floor?: 'paired' | 'pooled' | undefined;
  /** Its control plane will be blocked. */
  readonly blocks: boolean;
  /** With reloads: the configuration of this number, which every response must carry in X-Generation. */
  readonly generation?: number | undefined;
}

/**
 * A proxy with a tuned configuration: one worker, connections to the origin kept alive, no log of requests.
 * `files` and `command` are pure; the harness writes and runs.
 */
export interface Proxy {
  readonly name: string;
  readonly features: readonly Feature[];
  /** Limits it to scenarios of these measures. */
  readonly only?: readonly Measure[];
  /** It is several times slower than the others, so that one round says it all. */
  readonly isSlow?: boolean;
  /** How to get it, for the line that says it is missing. */
  readonly install: string;
  /** Its version, or undefined when it is not installed. */
  readonly version: () => string | undefined;
  /** File names and contents for the directory of `setting`. */
  readonly files: (setting: Setting) => Readonly<Record<string, string>>;
  readonly command: (setting: Setting) => Command;
  /** Makes process `pid` load its changed files; absent when it sees the change by itself or cannot. */
  readonly reload?: (pid: number, setting: Setting) => void;
  /** How much of the memory of process `pid` belongs to its JavaScript; NaN when it does not say. Absent where there is none. */
  readonly scriptBytes?: (pid: number, setting: Setting) => Promise<number>;
  /** Makes the control plane of process `pid` stand still for `milliseconds`, from now on, computing or waiting. */
  readonly block?: (pid: number, milliseconds: number, computes: boolean, setting: Setting) => void;
}
