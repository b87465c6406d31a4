/** Feeds the applier: from the providers, for as long as the proxy runs, and from the embedding program. */
import type { Applied, Applier } from './applier.js';
import type { DynamicConfig } from './config.js';
import type { InstallConfiguration } from '../install/schema.js';
import type { Ports } from '../providers/define.js';
import { MemoryProvider } from '../providers/memory.js';
import { type Source, sourcesOf } from './sources.js';

/** Providers that have said nothing after this long do not hold the start back any longer. Milliseconds. */
const longestWait = 10_000;

export class Feed {
  readonly #applier: Applier;
  readonly #ports: Ports;
  readonly #onFailure: (cause: unknown) => void;
  readonly #sources: readonly Source[];
  readonly #ending = new AbortController();
  #memory: MemoryProvider | undefined;
  /** Counts what the program handed over: reading the files it names takes time, and the last one must win. */
  #puts = 0;
  #isServing = false;
  #reading: Promise<unknown> = Promise.resolve();

  /** `onFailure` is told what nobody waits for. */
  constructor(applier: Applier, install: InstallConfiguration, ports: Ports, onFailure: (cause: unknown) => void) {
    this.#applier = applier;
    this.#ports = ports;
    this.#onFailure = onFailure;
    this.#sources = sourcesOf(install);
  }

  /** Resolves when the first generation serves: once every provider has delivered, or has taken too long. */
  async start(dynamic: DynamicConfig | undefined): Promise<Applied> {
    for (const { name } of this.#sources) this.#applier.await(name);
    if (dynamic !== undefined) await this.#load(this.#remember(dynamic));
    await this.#within(longestWait, Promise.all(this.#sources.map((source) => this.#follow(source))));
    this.#isServing = true;
    return this.#applier.apply();
  }

  /** Replaces what the program handed over; resolves when it serves. */
  async put(dynamic: DynamicConfig): Promise<Applied> {
    await this.#load(this.#remember(dynamic));
    return this.#applier.apply();
  }

  /** Ends reading. Nothing is delivered afterwards. */
  async stop(): Promise<void> {
    this.#ending.abort();
    await this.#reading;
  }

  /** Waits for something, but not longer than that; leaves no timer behind. */
  async #within(milliseconds: number, something: Promise<unknown>): Promise<void> {
    const early = new AbortController();
    const signal = AbortSignal.any([early.signal, this.#ending.signal]);
    await Promise.race([something, this.#ports.sleep(milliseconds, signal)]);
    early.abort();
  }

  /** Follows a provider to the end; resolves at its first delivery, or when it ends without one. */
  #follow(source: Source): Promise<void> {
    return new Promise((resolve) => {
      const following = this.#deliver(source, resolve).then(resolve, this.#onFailure);
      this.#reading = Promise.all([this.#reading, following]);
    });
  }

  async #deliver({ name, deliveries }: Source, onFirst: () => void): Promise<void> {
    for await (const { documents, findings } of deliveries(this.#ports, this.#ending.signal)) {
      if (this.#ending.signal.aborted) return;
      this.#applier.deliver({ provider: name, documents, findings });
      if (this.#isServing) await this.#applier.apply().catch(this.#onFailure);
      else onFirst();
    }
  }

  #remember(dynamic: DynamicConfig): MemoryProvider {
    const known = this.#memory;
    if (known !== undefined) {
      known.put(dynamic);
      return known;
    }
    const memory = new MemoryProvider(dynamic);
    this.#memory = memory;
    const watching = this.#watchFiles(memory).catch(this.#onFailure);
    this.#reading = Promise.all([this.#reading, watching]);
    return memory;
  }

  /** The files that the program's configuration names may change as well: certificates are renewed. */
  async #watchFiles(memory: MemoryProvider): Promise<void> {
    for await (const _ of memory.deliveries(this.#ports, this.#ending.signal)) {
      if (!this.#isServing) continue;
      await this.#load(memory);
      await this.#applier.apply().catch(this.#onFailure);
    }
  }

  async #load(memory: MemoryProvider): Promise<void> {
    const put = ++this.#puts;
    const { documents, findings } = await memory.current(this.#ports);
    if (put === this.#puts) this.#applier.deliver({ provider: memory.name, documents, findings });
  }
}
