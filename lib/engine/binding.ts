/** The addon as JavaScript sees it (bindings/addon.cc). Nothing outside lib/engine uses it. */

/** What is fixed for the life of an engine. */
export interface EngineOptions {
  /** Worker threads, 1 to 64. */
  readonly workers?: number;
  /** Connections over all entry points before new ones are refused. */
  readonly maxConnections?: number;
  /** Bytes of pooled buffers that a worker keeps while idle. */
  readonly idleBufferBytes?: number;
  /** Microseconds a worker asks for events before it sleeps; 0 = never. */
  readonly pollMicroseconds?: number;
  /** 1: only as long as that pays and takes the processor from nobody. */
  readonly pollAdaptive?: number;
  /** Bytes that must be left of a body in clear text for the kernel to move it (splice); 0 = everything is copied. */
  readonly spliceBytes?: number;
  /** Who is asked for CNAME records: a file as described in resolv.conf(5). */
  readonly resolvConfig?: string;
  /** How many of them are followed from one host. */
  readonly resolvDepth?: number;
}

/** A request to explain. */
export interface NativeQuestion {
  /** A request head of HTTP/1, whole. */
  readonly head: Uint8Array;
  readonly entryPoint: string;
  readonly tls: boolean;
  /** Lower case; empty when the client names no server. */
  readonly serverName: string;
  /** Address of the client. */
  readonly client: string;
  /** How many routers that came close are named, up to 1000; 0 spares the search for them. */
  readonly nearMisses: number;
}

/** One engine. Every method may be called from the thread that made it, and throws errors with a `code`. */
export interface NativeEngine {
  start(): void;
  /** The outcome arrives as an event. `bytes` are copied. */
  apply(bytes: Uint8Array): void;
  /** Faults, one sentence each. Opens nothing; blocks. */
  check(bytes: Uint8Array): string[];
  /** A JSON array with an answer for each question; empty when the snapshot cannot run. Opens nothing; blocks. */
  explain(bytes: Uint8Array, questions: readonly NativeQuestion[]): string;
  /** The same about what serves now; the answer arrives as an event of that number. */
  explainCurrent(number: number, question: NativeQuestion): void;
  /** What is remembered of a request; the answer arrives as an event of that number. */
  receipt(number: number, id: string): void;
  /** Fills the array in the order of the table of counters; returns how many were written. */
  readStats(into: BigUint64Array): number;
  /** A JSON array with an object for each service with a limit. */
  readLimits(): string;
  /** JSON objects, one per line. */
  readEvents(): string;
  /** The state of every server that is watched, as the events tell it, one per line. */
  readHealth(): string;
  drain(graceMilliseconds: number, limitMilliseconds: number): void;
  reopenLogs(): void;
  /** Whether a running engine keeps the process alive. It does not at first. */
  ref(): void;
  unref(): void;
  /** Joins every thread. Idempotent. */
  close(): void;
}

/** What the addon exports. */
export interface Binding {
  abi(): { readonly wire: bigint; readonly stats: bigint };
  readonly Engine: new (options: EngineOptions, onEvents: () => void) => NativeEngine;
}
