/**
 * Brings what the providers deliver into the data plane, one generation after the other. Deliveries that arrive while a
 * generation is being made are taken together by the next one.
 */
import type { Surroundings } from '../compile/compile.js';
import type { Diagnostic } from '../diagnostics/diagnostic.js';
import type { Engine } from '../engine/engine.js';
import { AppError } from '../errors.js';
import type { Configuration } from '../merge/model.js';
import {
  assembling,
  type ConfigurationDifference,
  type Delivered,
  differing,
  type Encoded,
  findingsIn,
  FindingsMemory,
  PrepareMemory,
  preparing,
  saysSame,
  stamp,
} from '../pipeline.js';
import { ValidateMemory } from '../validate/validate.js';
import { inTurns, type Work } from '../work.js';
import { faultFinding, refusalsOf } from './faults.js';
import { Garbage } from './garbage.js';
import type { Installation } from './installation.js';
import { Refusals } from './refusals.js';

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

/** A configuration with what was found on its way into the data plane, and what it changes. */
interface Made {
  readonly configuration: Configuration;
  readonly findings: readonly Diagnostic[];
  readonly diff: ConfigurationDifference;
}

/** Each round disables what the one before was refused for; more than two are hardly possible. */
const mostRounds = 4;

/** Makes generations, one at a time. One for each proxy. */
export class Applier {
  readonly #installation: Installation;
  readonly #engine: Engine;
  readonly #around: FixedSurroundings;
  readonly #onApplied: (applied: Applied) => void;
  /** What each provider said last, in the order of their definition. */
  readonly #delivered = new Map<string, Delivered>();
  readonly #awaited = new Set<string>();
  readonly #refusals = new Refusals();
  /** What the data plane has found wrong, by generation, until that generation is settled. */
  readonly #faults = new Map<number, string[]>();
  #made: Made | undefined;
  #diagnostics: readonly Diagnostic[] = [];
  /** What was worked out for the configuration before: most of the next one is the same. */
  readonly #validated = new ValidateMemory();
  readonly #prepared = new PrepareMemory();
  readonly #found = new FindingsMemory();
  readonly #garbage = new Garbage();
  readonly #ending = new AbortController();
  /** What serves: its content, its number, and what of it the data plane cannot run. */
  #encoded: Encoded | undefined;
  #serving = 0;
  #servingFaults: readonly string[] = [];
  /** The last number given out. A refused generation keeps its number: its late events must not be another's. */
  #generation = 0;
  /** The generation that is being made, and the one behind it that nobody has begun. */
  #running: Promise<unknown> = Promise.resolve();
  #next: Promise<Applied> | undefined;

  /** `onApplied` is told of every end of `apply`, also when nothing changed. */
  constructor(
    installation: Installation,
    engine: Engine,
    around: FixedSurroundings,
    onApplied: (applied: Applied) => void,
  ) {
    this.#installation = installation;
    this.#engine = engine;
    this.#around = around;
    this.#onApplied = onApplied;
  }

  /** The configuration that serves; undefined before the first one does. */
  get configuration(): Configuration | undefined {
    return this.#made?.configuration;
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

  /** Gives up what is being worked on, with ERR_FAIRLEAD_CLOSED; nothing is applied any more. */
  stop(): void {
    this.#ending.abort(new AppError('ERR_FAIRLEAD_CLOSED'));
  }

  /**
   * Makes everything delivered so far serve. Rejects with ERR_FAIRLEAD_APPLY, _BIND or _LOG when the data plane refuses the
   * generation as a whole; what served before serves on.
   */
  async apply(): Promise<Applied> {
    this.#next ??= this.#running.then(() => {
      this.#next = undefined;
      return this.#change();
    });
    // The one behind waits for its end, not for its success.
    this.#running = this.#next.catch(() => undefined);
    return this.#next;
  }

  async #change(): Promise<Applied> {
    const previous = this.configuration;
    const served = this.#serving;
    const made = await this.#make(previous);
    this.#made = made;
    this.#diagnostics = made.findings;
    const applied = {
      generation: this.#serving,
      diff: made.diff,
      diagnostics: this.#diagnostics,
      isNew: this.#serving !== served,
    };
    this.#onApplied(applied);
    this.#garbage.offer();
    return applied;
  }

  /** Applies; what the data plane refuses is disabled, with what depends on it, and the rest is applied again. */
  async #make(previous: Configuration | undefined): Promise<Made> {
    for (let round = 1; ; round++) {
      const made = await this.#attempt(previous);
      const refused = this.#servingFaults.flatMap((fault) => refusalsOf(fault, made.configuration));
      if (round < mostRounds && this.#refusals.add(refused, made.configuration)) continue;
      const strange = this.#servingFaults.filter((fault) => refusalsOf(fault, made.configuration).length === 0);
      return { ...made, findings: [...made.findings, ...strange.map(faultFinding)] };
    }
  }

  async #attempt(previous: Configuration | undefined): Promise<Made> {
    const { settings, install } = this.#installation;
    const delivered = [...this.#delivered.values()];
    const options = { now: new Date(), previous, memory: this.#validated };
    const checked = (refused: Refusals['all']) =>
      this.#inTurns(assembling(delivered, settings, { ...options, refused }));
    const asWritten = await checked([]);
    const refused = this.#refusals.all.length === 0 ? [] : this.#refusals.stillIn(asWritten);
    const configuration = refused.length === 0 ? asWritten : await checked(refused);
    const around = { ...this.#around, ready: this.#awaited.size === 0 };
    const { encoded, findings } = await this.#inTurns(preparing(configuration, install, around, this.#prepared));
    const isSame = this.#encoded !== undefined && saysSame(this.#encoded, encoded);
    const pushed = Promise.allSettled(isSame ? [] : [this.#push(encoded)]);
    // Meanwhile, on another thread, tables are made of it.
    const found = await this.#inTurns(findingsIn(install, configuration, this.#found));
    const diff = await this.#inTurns(differing(previous, configuration));
    const [outcome] = await pushed;
    if (outcome?.status === 'rejected') throw outcome.reason;
    // Also of those that say the same the later one is held: the memory has it anyway.
    const before = this.#encoded;
    this.#encoded = encoded;
    if (before !== undefined) this.#prepared.release(before);
    return { configuration, findings: [...found, ...findings], diff };
  }

  /** The program around us has other things to do while a large configuration is worked on. */
  #inTurns<T>(work: Work<T>): Promise<T> {
    return inTurns(work, this.#ending.signal);
  }

  async #push(encoded: Encoded): Promise<void> {
    const generation = ++this.#generation;
    await this.#engine.apply(stamp(encoded, generation), generation);
    this.#serving = generation;
    this.#servingFaults = this.#faults.get(generation) ?? [];
    this.#faults.clear();
  }
}
