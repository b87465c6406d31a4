/**
 * The way of a configuration: what the providers delivered is merged, validated, compiled and encoded. Pure but for the
 * certificates' dates, which are compared with `now`; the proxy around it knows when to do it and what with the result.
 */
import { compile, type Surroundings } from './compile/compile.js';
import { hash } from 'node:crypto';
import { diagnose, type Diagnostic } from './diagnostics/diagnostic.js';
import { atProviderOption } from './install/provider-places.js';
import type { InstallResult } from './install/result.js';
import { decodeDynamic, type Fragment } from './merge/decode.js';
import { merge } from './merge/merge.js';
import { allDiagnostics, type Configuration, type Item } from './merge/model.js';
import type { LoadedDocument } from './schema/loaded.js';
import type { Settings } from './merge/settings.js';
import { type Difference, difference, type Inventory } from './snapshot/difference.js';
import { encode } from './snapshot/encode.js';
import { snapshot } from './snapshot/root.js';
import { layoutOf } from './snapshot/wire.js';
import { validate, type ValidateOptions } from './validate/validate.js';

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
  /** Equal for equal bytes: what is the same need not be applied again. */
  readonly hash: string;
}

/** Documents are decoded once, however often the others change. */
const fragments = new WeakMap<LoadedDocument, Fragment>();

/** One configuration of everything that was delivered. Nothing in it throws for what a user can write. */
export function assemble(delivered: readonly Delivered[], settings: Settings, options: ValidateOptions): Configuration {
  const decoded = delivered.flatMap(({ provider, documents }) => documents.map((each) => fragmentOf(each, provider)));
  const configuration = validate(merge(decoded, settings), settings, options);
  const findings = delivered.flatMap((each) => each.findings);
  return { ...configuration, diagnostics: [...findings, ...configuration.diagnostics] };
}

function fragmentOf(loaded: LoadedDocument, provider: string): Fragment {
  const known = fragments.get(loaded);
  if (known !== undefined && known.provider === provider) return known;
  const fragment = decodeDynamic(loaded, provider);
  fragments.set(loaded, fragment);
  return fragment;
}

/** What a configuration is in the language of the data plane, and what of it that language cannot say. */
export interface Prepared {
  readonly encoded: Encoded;
  readonly findings: readonly Diagnostic[];
}

/** Compiles and encodes what is served. */
export function prepare(
  configuration: Configuration,
  install: InstallResult,
  around: Omit<Surroundings, 'generation'>,
): Prepared {
  const { snapshot: compiled, refused } = compile(configuration, install.config, { ...around, generation: 0 });
  const bytes = encode(snapshot, compiled);
  const findings = refused.map(({ name, message }) => routerRefusal(configuration, name, message));
  return { encoded: { bytes, hash: hash('sha256', bytes, 'hex') }, findings };
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
export function differenceOf(before: Configuration | undefined, after: Configuration): ConfigurationDifference {
  return difference(inventoryOf(before), inventoryOf(after));
}

function inventoryOf(configuration: Configuration | undefined): Inventory<ObjectKind> {
  return {
    routers: contents(configuration?.routers),
    services: contents(configuration?.services),
    middlewares: contents(configuration?.middlewares),
    serversTransports: contents(configuration?.serversTransports),
    certificates: new Map(
      (configuration?.tls.certificates ?? []).map(({ name, resolved, status }) => [
        resolved?.names.join(',') ?? name,
        { status, fingerprint: resolved?.fingerprint },
      ]),
    ),
    tlsOptions: contents(configuration?.tls.options),
  };
}

function contents(items: ReadonlyMap<string, Item<unknown>> | undefined): ReadonlyMap<string, unknown> {
  return new Map([...(items ?? [])].map(([name, { config, status }]) => [name, { config, status }]));
}

/** Everything that was found, in the order of reading: install configuration, then sources, then objects. */
export function findingsOf(install: InstallResult, configuration: Configuration): readonly Diagnostic[] {
  const found = allDiagnostics(configuration).map((diagnostic) => atProviderOption(diagnostic, install));
  return [...install.diagnostics, ...found];
}
