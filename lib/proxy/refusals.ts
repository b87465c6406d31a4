/** What the data plane refused, for as long as it is written as it was then. */
import { isDeepStrictEqual } from 'node:util';
import type { Configuration } from '../merge/model.js';
import type { Refusal } from '../validate/refusals.js';

interface Remembered {
  readonly refusal: Refusal;
  /** The object's configuration as it was then. */
  readonly config: unknown;
}

export class Refusals {
  #remembered: readonly Remembered[] = [];

  get all(): readonly Refusal[] {
    return this.#remembered.map(({ refusal }) => refusal);
  }

  /** Remembers refusals; whether there was a new one. */
  add(refusals: readonly Refusal[], configuration: Configuration): boolean {
    const fresh = refusals.filter((refusal) => !this.#remembered.some((known) => isSame(known.refusal, refusal)));
    const added = fresh.map((refusal) => ({ refusal, config: configOf(refusal, configuration) }));
    this.#remembered = [...this.#remembered, ...added];
    return added.length > 0;
  }

  /** Forgets refusals of objects that have changed since, and returns the others. */
  stillIn(configuration: Configuration): readonly Refusal[] {
    this.#remembered = this.#remembered.filter(
      ({ refusal, config }) => config !== undefined && isDeepStrictEqual(configOf(refusal, configuration), config),
    );
    return this.all;
  }
}

const isSame = (a: Refusal, b: Refusal): boolean => a.kind === b.kind && a.name === b.name;

function configOf({ kind, name }: Refusal, configuration: Configuration): unknown {
  const { routers, services, middlewares, serversTransports, tls } = configuration;
  if (kind === 'certificate') return tls.certificates.find((item) => item.name === name)?.config;
  const maps = {
    router: routers,
    service: services,
    middleware: middlewares,
    transport: serversTransports,
    tlsOptions: tls.options,
  };
  return maps[kind].get(name)?.config;
}
