/** A run of the benchmark as it was written to a file, reduced to what the page shows. */
import { readFileSync } from 'node:fs';

/** One round. */
export interface ResultSample {
  readonly value: number;
  readonly figures: Readonly<Record<string, number | null>>;
  readonly lost: number;
}

/** A proxy in one scenario. */
export interface ResultRow {
  readonly proxy: string;
  readonly version: string;
  readonly samples: readonly ResultSample[];
  readonly systemCalls?: string;
  readonly failure?: string;
  /** Null when it failed. */
  readonly median: number | null;
}

/** One scenario. */
export interface ResultScenario {
  readonly scenario: {
    readonly id: string;
    readonly variant?: string;
    readonly title: string;
    readonly measure: string;
    readonly routes?: { readonly hosts: number; readonly paths: number };
  };
  readonly unit: string;
  readonly proxies: readonly ResultRow[];
}

/** The whole run. */
export interface Results {
  readonly began: string;
  readonly machine: {
    readonly cpu?: string;
    readonly cores: number;
    readonly kernel: string;
    readonly node: string;
  };
  readonly scenarios: readonly ResultScenario[];
}

/** Reads what `npm run bench -- --json FILE` wrote. Throws when it is something else. */
export function readResults(path: string): Results {
  const results = JSON.parse(readFileSync(path, 'utf8')) as Partial<Results>;
  if (!Array.isArray(results.scenarios) || results.began === undefined) throw new Error(`${path} holds no results`);
  return results as Results;
}

/** `S10 · 50,000 routes`. */
export function nameOf({ scenario }: ResultScenario): string {
  return scenario.variant === undefined ? scenario.id : `${scenario.id} · ${scenario.variant}`;
}

/** The entry with this id, and variant if there are several. */
export function find({ scenarios }: Results, id: string, variant?: string): ResultScenario | undefined {
  return scenarios.find(({ scenario }) => scenario.id === id && scenario.variant === variant);
}

/** The median figure of a proxy; undefined when it took no part or failed. */
export function valueOf(entry: ResultScenario | undefined, proxy: string): number | undefined {
  return entry?.proxies.find((row) => row.proxy === proxy)?.median ?? undefined;
}

/** The median over the rounds of a further figure; undefined when there is none. */
export function figureOf(entry: ResultScenario | undefined, proxy: string, figure: string): number | undefined {
  const samples = entry?.proxies.find((row) => row.proxy === proxy)?.samples ?? [];
  const values = samples.map(({ figures }) => figures[figure]).filter((value) => value !== null && value !== undefined);
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}

/** Requests that a proxy lost in all rounds. */
export function lostOf(entry: ResultScenario, proxy: string): number {
  const samples = entry.proxies.find((row) => row.proxy === proxy)?.samples ?? [];
  return samples.reduce((sum, { lost }) => sum + lost, 0);
}

/** What is a floor or a variant of Fairlead is no peer. */
export function isPeer(proxy: string): boolean {
  return proxy !== 'floor' && !proxy.startsWith('fairlead');
}
