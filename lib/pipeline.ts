/**
 * The way of a configuration: what the providers delivered is merged, validated, compiled and encoded. Pure but for the
 * certificates' dates, which are compared with `now`; the proxy around it knows when to do it and what with the result.
 */
import { compiling, type Surroundings } from './compile/compile.js';
import { isDeepStrictEqual } from 'node:util';
import { CompileMemory } from './compile/memory.js';
import { diagnose, type Diagnostic } from './diagnostics/diagnostic.js';
import { atProviderOption } from './install/provider-places.js';
import type { InstallResult } from './install/result.js';
import { decodingDynamic, type Fragment, isUpToDate, placesOf } from './merge/decode.js';
import { merging } from './merge/merge.js';
import { allDiagnostics, type Configuration, type Item, type RouterItem, type ServiceItem } from './merge/model.js';
import type { LoadedDocument } from './schema/loaded.js';
import type { Settings } from './merge/settings.js';
import { type Changes, type Difference, difference } from './snapshot/difference.js';
import { EncodeMemory, encoding } from './snapshot/encode.js';
import { snapshot } from './snapshot/root.js';
import { layoutOf } from './snapshot/wire.js';
import { validating, type ValidateOptions } from './validate/validate.js';
import { align } from './source/alignment.js';
import { listOf } from './source/by-name.js';
import type { Places } from './source/origin.js';
import { Picked } from './source/remembered.js';
import { sorting } from './source/sorting.js';
import { finish, forEach, type Work } from './work.js';

/** What one provider has to say, as a whole. */
export interface Delivered {
  readonly provider: string;
  readonly documents: readonly LoadedDocument[];
  /** Findings that belong to no document: a file that cannot be read. */
  readonly findings: readonly Diagnostic[];
}

/** The bytes of a snapshot, without a generation yet. */
export interface Encoded {
  readonly bytes: Uint8Array;
}

/** Documents are decoded once, however often the others change; of each it is the last version that is remembered. */
const decoded = new WeakMap<Places, { readonly loaded: LoadedDocument; readonly fragment: Fragment }>();

/** One configuration of everything that was delivered. Nothing in it throws for what a user can write. */
export const assemble = (
  delivered: readonly Delivered[],
  settings: Settings,
  options: ValidateOptions,
): Configuration => finish(assembling(delivered, settings, options));

/** As `assemble`, in turns. */
export function* assembling(
  delivered: readonly Delivered[],
  settings: Settings,
  options: ValidateOptions,
): Work<Configuration> {
  const fragments: Fragment[] = [];
  for (const { provider, documents } of delivered)
    for (const document of documents) fragments.push(yield* fragmentOf(document, provider));
  const configuration = yield* validating(
    yield* merging(fragments, settings, options.memory?.names),
    settings,
    options,
  );
  const findings = delivered.flatMap((each) => each.findings);
  return { ...configuration, diagnostics: [...findings, ...configuration.diagnostics] };
}

function* fragmentOf(loaded: LoadedDocument, provider: string): Work<Fragment> {
  const known = decoded.get(placesOf(loaded));
  const before = known?.fragment.provider === provider ? known.fragment : undefined;
  if (before !== undefined && known?.loaded === loaded && isUpToDate(before)) return before;
  const fragment = yield* decodingDynamic(loaded, provider, before);
  decoded.set(fragment.places, { loaded, fragment });
  return fragment;
}

/** What a configuration is in the language of the data plane, and what of it that language cannot say. */
export interface Prepared {
  readonly encoded: Encoded;
  readonly findings: readonly Diagnostic[];
}

/** What was compiled and encoded last, of one proxy: what is the same in the next configuration is taken from it. */
export class PrepareMemory {
  #kept: { readonly compiled: CompileMemory; readonly encoded: EncodeMemory } | undefined;

  /** What was kept, or nothing. Both parts belong together: who gives up in between leaves nothing behind. */
  take(): { readonly compiled: CompileMemory; readonly encoded: EncodeMemory } {
    const kept = this.#kept ?? { compiled: new CompileMemory(), encoded: new EncodeMemory() };
    this.#kept = undefined;
    return kept;
  }

  keep(kept: { readonly compiled: CompileMemory; readonly encoded: EncodeMemory }): void {
    this.#kept = kept;
  }

  /** Takes back a snapshot that nobody reads any more: a later one may be written over its bytes. */
  release({ bytes }: Encoded): void {
    const encoded = this.#kept?.encoded;
    if (encoded !== undefined && encoded.bytes !== bytes) encoded.spare = bytes;
  }
}

/** Compiles and encodes what is served. */
export const prepare = (
  configuration: Configuration,
  install: InstallResult,
  around: Omit<Surroundings, 'generation'>,
): Prepared => finish(preparing(configuration, install, around));

/** As `prepare`, in turns. */
export function* preparing(
  configuration: Configuration,
  install: InstallResult,
  around: Omit<Surroundings, 'generation'>,
  memory: PrepareMemory = new PrepareMemory(),
): Work<Prepared> {
  const before = memory.take();
  const surroundings = { ...around, generation: 0 };
  const { snapshot: lowered, refused } = yield* compiling(configuration, install.config, surroundings, before.compiled);
  const bytes = yield* encoding(snapshot, lowered, before.encoded);
  memory.keep(before);
  const findings = refused.map(({ name, message }) => routerRefusal(configuration, name, message));
  return { encoded: { bytes }, findings };
}

function routerRefusal({ routers }: Configuration, name: string, message: string): Diagnostic {
  const item = routers.get(name);
  return diagnose('FL4002', {
    message,
    path: item === undefined ? name : [...item.path, 'rule'],
    origin: item?.document.origin([...item.path, 'rule']) ?? { kind: 'default' },
    effect: `router "${name}" is not served; everything else is`,
  });
}

const generationAt = layoutOf(snapshot).fields.find(([name]) => name === 'generation')?.[2] ?? 0;

/** Whether two snapshots say the same, whatever their generations: what is the same need not be applied again. */
export function saysSame({ bytes: a }: Encoded, { bytes: b }: Encoded): boolean {
  if (a.length !== b.length) return false;
  const behind = generationAt + 8;
  const isEqual = (from: number, to: number): boolean =>
    Buffer.compare(a.subarray(from, to), b.subarray(from, to)) === 0;
  return isEqual(0, generationAt) && isEqual(behind, a.length);
}

/** Writes the generation into the bytes of a snapshot. */
export function stamp({ bytes }: Encoded, generation: number): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  view.setBigUint64(generationAt, BigInt(generation), true);
  return bytes;
}

/** Kinds of objects that a difference tells apart. */
export type ObjectKind = 'routers' | 'services' | 'middlewares' | 'serversTransports' | 'certificates' | 'tlsOptions';
/** What changed from one configuration to the next, by kind of object. */
export type ConfigurationDifference = Difference<ObjectKind>;

/** The names that were added, removed and changed; an object has changed when its configuration or its status has. */
export const differenceOf = (before: Configuration | undefined, after: Configuration): ConfigurationDifference =>
  finish(differing(before, after));

/** As `differenceOf`, in turns. */
export function* differing(before: Configuration | undefined, after: Configuration): Work<ConfigurationDifference> {
  return {
    routers: yield* changesOf(before?.routers, after.routers),
    services: yield* changesOf(before?.services, after.services),
    middlewares: yield* changesOf(before?.middlewares, after.middlewares),
    serversTransports: yield* changesOf(before?.serversTransports, after.serversTransports),
    certificates: certificateChanges(before, after),
    tlsOptions: yield* changesOf(before?.tls.options, after.tls.options),
  };
}

const certificateChanges = (before: Configuration | undefined, after: Configuration): Changes =>
  difference({ certificates: certificatesOf(before) }, { certificates: certificatesOf(after) }).certificates;

const certificatesOf = (configuration: Configuration | undefined): ReadonlyMap<string, unknown> =>
  new Map(
    (configuration?.tls.certificates ?? []).map(({ name, resolved, status }) => [
      resolved?.names.join(',') ?? name,
      { status, fingerprint: resolved?.fingerprint },
    ]),
  );

function* changesOf<I extends Item<unknown>>(
  before: ReadonlyMap<string, I> = new Map<string, I>(),
  after: ReadonlyMap<string, I>,
): Work<Changes> {
  const aligned = align(listOf(before), listOf(after));
  const gone = yield* sorting(aligned.gone, byName);
  const come = yield* sorting(aligned.come, byName);
  const [added, removed, changed]: [string[], string[], string[]] = [[], [], []];
  // Both in order, side by side: looking every name up would take longer than sorting them.
  let next = 0;
  yield* forEach(come, (item) => {
    for (let old = gone[next]; old !== undefined && old.name < item.name; old = gone[++next]) removed.push(old.name);
    const old = gone[next];
    if (old?.name !== item.name) {
      added.push(item.name);
      return;
    }
    if (item.status !== old.status || !isDeepStrictEqual(item.config, old.config)) changed.push(item.name);
    next += 1;
  });
  for (const { name } of gone.slice(next)) removed.push(name);
  return { added, removed, changed };
}

const byName = ({ name: a }: Item<unknown>, { name: b }: Item<unknown>): number => (a < b ? -1 : a > b ? 1 : 0);

/** Everything that was found, in the order of reading: install configuration, then sources, then objects. */
export const findingsOf = (install: InstallResult, configuration: Configuration): readonly Diagnostic[] =>
  finish(findingsIn(install, configuration));

/** Which objects there was something to say about, from one configuration to the next. */
export class FindingsMemory {
  readonly routers = new Picked<RouterItem>();
  readonly services = new Picked<ServiceItem>();
}

/** As `findingsOf`, in turns. */
export function* findingsIn(
  install: InstallResult,
  configuration: Configuration,
  memory = new FindingsMemory(),
): Work<readonly Diagnostic[]> {
  const routers = yield* memory.routers.of(listOf(configuration.routers), isRemarkable);
  const services = yield* memory.services.of(listOf(configuration.services), isRemarkable);
  const found = allDiagnostics(configuration, routers, services);
  return [...install.diagnostics, ...found.map((diagnostic) => atProviderOption(diagnostic, install))];
}

const isRemarkable = ({ diagnostics }: Item<unknown>): boolean => diagnostics.length > 0;
