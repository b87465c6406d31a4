/**
 * Brings what the providers deliver into the data plane, one generation after the other. Deliveries that arrive while a
 * generation is being made are taken together by the next one.
 */
import type { Surroundings } from './compile/compile.js';
import type { Diagnostic } from './diagnostics/diagnostic.js';
import type { Engine } from './engine/engine.js';
import { faultFindings } from './faults.js';
import type { InstallResult } from './install/result.js';
import type { Configuration } from './merge/model.js';
import {
  assemble,
  type ConfigurationDifference,
  type Delivered,
  differenceOf,
  type Encoded,
  findingsOf,
  prepare,
  stamp,
} from './pipeline.js';

/** What came of applying. */
export interface Applied {
  /** The generation that serves; unchanged when the new configuration means the same as the old one. */
  readonly generation: number;
  readonly diff: ConfigurationDifference;
  /** Every finding about the configuration as it is now. */
  readonly diagnostics: readonly Diagnostic[];
  /** Whether the workers were given something new. */
  readonly isNew: boolean;
}

/** What does not change from one generation to the next. */
export type FixedSurroundings = Omit<Surroundings, 'generation' | 'ready'>;

export class Applier {
  readonly #install: InstallResult;
  readonly #engine: Engine;
  readonly #around: FixedSurroundings;
  readonly #onApplied: (applied: Applied) => void;
  /** What each provider said last, in the order of their definition. */
  readonly #delivered = new Map<string, Delivered>();
  readonly #awaited = new Set<string>();
  readonly #faults = new Map<number, string[]>();
  #configuration: Configuration | undefined;
  #diagnostics: readonly Diagnostic[] = [];
  /** What serves: its content, its number, and what of it the data plane cannot run. */
  #hash = '';
  #serving = 0;
  #servingFaults: readonly string[] = [];
  /** The last number given out. A refused generation keeps its number: its late events must not be another's. */
  #generation = 0;
  /** The generation that is being made, and the one behind it that nobody has begun. */
  #running: Promise<unknown> = Promise.resolve();
  #next: Promise<Applied> | undefined;

  /** `onApplied` is told of every end of `apply`, also when nothing changed. */
  constructor(
    install: InstallResult,
    engine: Engine,
    around: FixedSurroundings,
    onApplied: (applied: Applied) => void,
  ) {
    this.#install = install;
    this.#engine = engine;
    this.#around = around;
    this.#onApplied = onApplied;
  }

  /** The configuration that serves; undefined before the first one does. */
  get configuration(): Configuration | undefined {
    return this.#configuration;
  }

  get diagnostics(): readonly Diagnostic[] {
    return this.#diagnostics;
  }

  /** The configuration is not ready before this provider has delivered. */
  await(provider: string): void {
    this.#awaited.add(provider);
    this.#delivered.set(provider, { provider, documents: [], findings: [] });
  }

  /** Takes in what a provider says now. Nothing happens until `apply`. */
  deliver(delivered: Delivered): void {
    this.#delivered.set(delivered.provider, delivered);
    this.#awaited.delete(delivered.provider);
  }

  /** A fault that the data plane reports while it builds a generation. */
  addFault(generation: number, fault: string): void {
    const faults = this.#faults.get(generation) ?? [];
    faults.push(fault);
    this.#faults.set(generation, faults);
  }

  /**
   * Makes everything delivered so far serve. Rejects with ERR_FAIRLEAD_APPLY, _BIND or _LOG when the data plane refuses the
   * generation as a whole; what served before serves on.
   */
  async apply(): Promise<Applied> {
    this.#next ??= this.#running.then(() => {
      this.#next = undefined;
      return this.#make();
    });
    // The one behind waits for its end, not for its success.
    this.#running = this.#next.catch(() => undefined);
    return this.#next;
  }

  async #make(): Promise<Applied> {
    const previous = this.#configuration;
    const configuration = assemble([...this.#delivered.values()], this.#install, new Date(), previous);
    const around = { ...this.#around, ready: this.#awaited.size === 0 };
    const { encoded, findings } = prepare(configuration, this.#install, around);
    const isNew = encoded.hash !== this.#hash;
    if (isNew) await this.#push(encoded);
    this.#configuration = configuration;
    const refusals = this.#servingFaults.flatMap((fault) => faultFindings(fault, configuration));
    this.#diagnostics = [...findingsOf(this.#install, configuration), ...findings, ...refusals];
    const diff = differenceOf(previous, configuration);
    const applied = { generation: this.#serving, diff, diagnostics: this.#diagnostics, isNew };
    this.#onApplied(applied);
    return applied;
  }

  async #push(encoded: Encoded): Promise<void> {
    const generation = ++this.#generation;
    await this.#engine.apply(stamp(encoded, generation), generation);
    this.#hash = encoded.hash;
    this.#serving = generation;
    this.#servingFaults = this.#faults.get(generation) ?? [];
    this.#faults.clear();
  }
}
