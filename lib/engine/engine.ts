/** The data plane as the control plane uses it: promises for what takes time, typed events, named numbers. */
import { AppError, reasonOf } from '../errors.js';
import { type QueueStats, queueStatsOf } from '../observability/queues.js';
import { statCount, type Stats, statsOf } from '../observability/stats.js';
import { type NativeAnswer, nativeAnswer } from './answer.js';
import type { Binding, EngineOptions, NativeEngine, NativeQuestion } from './binding.js';
import { type EngineEvent, parseEvents, type ServerState } from './events.js';
import { type Receipt, receipt } from './receipt.js';

interface Settle<T> {
  readonly resolve: (value: T) => void;
  readonly reject: (reason: AppError) => void;
}

/** Engines to end before the process does; `process.exit` waits for no native thread. */
const running = new Set<Engine>();
const closeAll = (): void => {
  for (const engine of running) engine.close();
};

/** One data plane. It holds the process open while it runs, unless `unref` was called. */
export class Engine {
  readonly #native: NativeEngine;
  readonly #onEvent: (event: EngineEvent) => void;
  readonly #applying = new Map<number, Settle<void>>();
  readonly #asking = new Map<number, Settle<unknown>>();
  #questions = 0;
  #draining: (Settle<number> & { readonly promise: Promise<number> }) | undefined;
  #closed = false;

  /** Creates an engine without threads: it can check snapshots. `onEvent` must not throw. */
  constructor(binding: Binding, options: EngineOptions, onEvent: (event: EngineEvent) => void) {
    this.#onEvent = onEvent;
    this.#native = new binding.Engine(options, () => this.#readEvents());
  }

  /** Starts the workers. Listeners open with the first snapshot. */
  start(): void {
    this.#native.start();
    this.#native.ref();
    if (running.size === 0) process.on('exit', closeAll);
    running.add(this);
  }

  /**
   * Swaps the encoded snapshot in; resolves when every worker has it. Rejects with ERR_FAIRLEAD_APPLY when the data plane
   * refuses it (ERR_FAIRLEAD_BIND when a listener cannot open); what ran before runs on.
   */
  async apply(bytes: Uint8Array, generation: number): Promise<void> {
    const { promise, ...settle } = deferred<void>();
    this.#applying.set(generation, settle);
    try {
      this.#native.apply(bytes);
    } catch (cause) {
      this.#applying.delete(generation);
      throw asAppError(cause);
    }
    return promise;
  }

  /** What the data plane finds wrong with an encoded snapshot, one sentence each. Opens nothing; blocks. */
  check(bytes: Uint8Array): readonly string[] {
    return this.#native.check(bytes);
  }

  /** What would become of requests under an encoded snapshot; undefined when it cannot run. Opens nothing; blocks. */
  explain(bytes: Uint8Array, questions: readonly NativeQuestion[]): readonly NativeAnswer[] | undefined {
    const json = this.#native.explain(bytes, questions);
    return json === '' ? undefined : (JSON.parse(json) as unknown[]).map((answer) => nativeAnswer.parse(answer));
  }

  /** What would become of a request now; undefined before anything serves. */
  async explainCurrent(question: NativeQuestion): Promise<NativeAnswer | undefined> {
    const answer = await this.#ask((number) => this.#native.explainCurrent(number, question));
    return answer === null ? undefined : nativeAnswer.parse(answer);
  }

  /** What is remembered of a request; undefined when nothing is (any more). */
  async receipt(id: string): Promise<Receipt | undefined> {
    const answer = await this.#ask((number) => this.#native.receipt(number, id));
    return answer === null ? undefined : receipt.parse(answer);
  }

  /** Asks for something whose answer is an event. */
  async #ask(ask: (number: number) => void): Promise<unknown> {
    const { promise, ...settle } = deferred<unknown>();
    const number = ++this.#questions;
    this.#asking.set(number, settle);
    try {
      ask(number);
    } catch (cause) {
      this.#asking.delete(number);
      throw asAppError(cause);
    }
    return promise;
  }

  /** Sums of this moment. */
  stats(): Stats {
    const values = new BigUint64Array(statCount);
    this.#native.readStats(values);
    return statsOf(values, this.queues());
  }

  /** The limits of services at this moment, by the name of the service. */
  queues(): Readonly<Record<string, QueueStats>> {
    return queueStatsOf(this.#native.readLimits());
  }

  /** The state of every server that is watched, as of this moment. */
  health(): readonly ServerState[] {
    return parseEvents(this.#native.readHealth()).flatMap((event) => (event.type === 'server' ? [event] : []));
  }

  /** Writes to new log files from now on; the old ones were moved away. */
  reopenLogs(): void {
    this.#native.reopenLogs();
  }

  /**
   * Goes on accepting for `graceMilliseconds`, then lets requests finish for `limitMilliseconds`, then cuts. Resolves to
   * the number of connections that were cut. A further call may shorten the time and waits for the same end.
   */
  async drain(graceMilliseconds: number, limitMilliseconds: number): Promise<number> {
    if (this.#closed) return 0;
    this.#draining ??= deferred<number>();
    this.#native.drain(graceMilliseconds, limitMilliseconds);
    return this.#draining.promise;
  }

  /** Lets the process end while the engine runs, or keeps it from that again. */
  unref(): void {
    this.#native.unref();
  }
  ref(): void {
    if (!this.#closed) this.#native.ref();
  }

  /** Ends everything at once and joins every thread. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    running.delete(this);
    if (running.size === 0) process.off('exit', closeAll);
    this.#native.close();
    this.#readEvents();
    this.#settleAll();
  }

  #settleAll(): void {
    for (const { reject } of this.#applying.values()) reject(new AppError('ERR_FAIRLEAD_CLOSED'));
    this.#applying.clear();
    for (const { reject } of this.#asking.values()) reject(new AppError('ERR_FAIRLEAD_CLOSED'));
    this.#asking.clear();
    this.#draining?.resolve(0);
  }

  #readEvents(): void {
    for (const event of parseEvents(this.#native.readEvents())) {
      this.#settle(event);
      this.#onEvent(event);
    }
  }

  #settle(event: EngineEvent): void {
    if (event.type === 'applied') this.#take(event.generation)?.resolve();
    if (event.type === 'applyFailed')
      this.#refuse(event.generation, new AppError(applyCode(event.code), event.message));
    if (event.type === 'explained' || event.type === 'receipt') this.#answer(event.number, event.answer);
    if (event.type === 'drained') this.#draining?.resolve(event.cut);
  }

  #answer(number: number, answer: unknown): void {
    const settle = this.#asking.get(number);
    this.#asking.delete(number);
    settle?.resolve(answer);
  }

  /** A snapshot that could not be read has no generation: then everything that waits has failed. */
  #refuse(generation: number, reason: AppError): void {
    if (!this.#applying.has(generation)) {
      for (const { reject } of this.#applying.values()) reject(reason);
      this.#applying.clear();
    }
    this.#take(generation)?.reject(reason);
  }

  #take(generation: number): Settle<void> | undefined {
    const settle = this.#applying.get(generation);
    this.#applying.delete(generation);
    return settle;
  }
}

function deferred<T>(): Settle<T> & { readonly promise: Promise<T> } {
  let settle: Settle<T> | undefined;
  const promise = new Promise<T>((resolve, reject) => {
    settle = { resolve, reject };
  });
  if (settle === undefined) throw new AppError('ERR_FAIRLEAD_INTERNAL');
  return { promise, ...settle };
}

function applyCode(native: string): 'ERR_FAIRLEAD_BIND' | 'ERR_FAIRLEAD_LOG' | 'ERR_FAIRLEAD_APPLY' {
  if (native === 'BIND') return 'ERR_FAIRLEAD_BIND';
  return native === 'ACCESS_LOG' ? 'ERR_FAIRLEAD_LOG' : 'ERR_FAIRLEAD_APPLY';
}

function asAppError(cause: unknown): AppError {
  const code = (cause as { readonly code?: unknown }).code;
  return new AppError(code === 'ERR_FAIRLEAD_CLOSED' ? code : 'ERR_FAIRLEAD_INTERNAL', reasonOf(cause), { cause });
}
