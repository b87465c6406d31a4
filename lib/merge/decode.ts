/**
 * Reads the objects of one document, each by its own schema: one broken object is disabled with its reasons, and nothing
 * else is concerned.
 */
import type { z } from 'zod';
import { type Diagnostic, diagnose } from '../diagnostics/diagnostic.js';
import { didYouMean, successorOf } from '../diagnostics/suggest.js';
import type { FileRead, LoadedDocument } from '../schema/loaded.js';
import { middlewareKinds, middlewareKindsNotYet } from '../schema/middleware.js';
import { type Router, router } from '../schema/router.js';
import { installSections, type Sections, sections } from '../schema/sections.js';
import { type ServersTransport, serversTransport } from '../schema/servers-transport.js';
import { serviceKinds, serviceMiddlewares } from '../schema/service.js';
import { type TlsOptions, tlsCertificate, tlsOptions, type TlsStore, tlsStore } from '../schema/tls.js';
import { decode } from '../source/decode.js';
import type { Document, Path, Places } from '../source/origin.js';
import { formatPath, isMapping, valueAt } from '../source/path.js';
import { decodeQuickly, unsure } from '../source/quick-decode.js';
import { finish, forEach, type Work } from '../work.js';
import { makeItem } from './item.js';
import { findKind, type KindTable } from './kinds.js';
import type {
  CertificateItem,
  Item,
  MiddlewareConfig,
  RouterItem,
  Salvaged,
  ServiceConfig,
  ServiceItem,
} from './model.js';
import { qualifiedName } from './names.js';
import { remains, someNames } from './remains.js';
import { nothing } from '../source/nothing.js';

/** The objects of one document, in the order written. */
export interface Fragment {
  readonly provider: string;
  /** The same object for every version of the document; the document itself where nobody knows of versions. */
  readonly places: Places;
  /** The version of the places that findings are about; undefined where there are none, or nobody knows of versions. */
  readonly about: number | undefined;
  readonly routers: readonly RouterItem[];
  readonly services: readonly ServiceItem[];
  readonly middlewares: readonly Item<MiddlewareConfig>[];
  readonly serversTransports: readonly Item<ServersTransport>[];
  readonly certificates: readonly CertificateItem[];
  readonly options: readonly Item<TlsOptions>[];
  readonly stores: readonly Item<TlsStore>[];
  readonly files: ReadonlyMap<string, FileRead>;
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Decodes one document of a provider. Pure; never throws for what a user can write. What is the same as in a fragment of the
 * version before is the same object.
 */
export const decodeDynamic = (loaded: LoadedDocument, provider: string): Fragment =>
  finish(decodingDynamic(loaded, provider));

/** As `decodeDynamic`, in turns. */
export const decodingDynamic = (loaded: LoadedDocument, provider: string, before?: Fragment): Work<Fragment> =>
  new FragmentReader(loaded, provider, before).read();

/** Whether what is said in a fragment is still said about the right places. */
export const isUpToDate = ({ about, places }: Fragment): boolean => about === undefined || about === places.version;

/** What the fragments of all versions of a document have in common. */
export const placesOf = ({ document }: LoadedDocument): Places => document.places ?? document;

/** What a broken object of each section costs. */
const costs: Readonly<Record<string, (name: string) => string>> = {
  routers: (name) => `router "${name}" is disabled; everything else is served`,
  services: (name) => `service "${name}" and the routers that use it are disabled; everything else is served`,
  middlewares: (name) => `middleware "${name}" and the routers that use it are disabled; everything else is served`,
  serversTransports: (name) =>
    `transport "${name}" and the services that use it are disabled; everything else is served`,
  certificates: () => 'this certificate is left out; everything else is served',
  options: (name) => `TLS options "${name}" are disabled; handshakes for hosts that use them are refused`,
  stores: (name) => `store "${name}" is left out; a generated certificate is the default one`,
};

const lowerKeys = (names: readonly string[]): ReadonlyMap<string, string> =>
  new Map(names.map((name) => [name.toLowerCase(), name]));

const serviceTable: KindTable = {
  noun: 'service',
  served: lowerKeys(Object.keys(serviceKinds)),
  notYet: new Map(),
  beside: new Set(['middlewares']),
};
const middlewareTable: KindTable = {
  noun: 'middleware',
  served: new Map([...middlewareKinds].map(([key, { name }]) => [key, name])),
  notYet: middlewareKindsNotYet,
  beside: new Set(),
};

/** A router that may lack what it must have; for what is left of a broken one. */
const someRouter = router.partial({ rule: true, service: true });

/** What decoding one object gave. */
interface Read<T> {
  readonly config?: T | undefined;
  /** What of a broken object can be checked on. */
  readonly salvaged?: Salvaged<T> | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

const noMiddlewares: Read<readonly string[]> = { config: nothing, diagnostics: nothing };

class FragmentReader {
  readonly #loaded: LoadedDocument;
  readonly #provider: string;
  /** Findings of the outline and of reading, which objects claim. */
  readonly #unclaimed: Diagnostic[] = [];
  readonly #claimed = new Set<Diagnostic>();
  #byPrefix: ReadonlyMap<string, readonly Diagnostic[]> | undefined;
  #document: Document;
  #dropped: readonly Path[] = [];
  /** Whether entries of the sections are the very values of the document. */
  #isAsWritten = false;
  /** Whether there is nothing to say about any object. */
  #isClean = true;
  readonly #before: Fragment | undefined;

  constructor(loaded: LoadedDocument, provider: string, before?: Fragment) {
    this.#loaded = loaded;
    this.#provider = provider;
    this.#document = loaded.document;
    this.#before = before;
  }

  /** A document that had to be changed to be read knows its places itself. */
  get #places(): Places {
    return this.#isAsWritten ? placesOf(this.#loaded) : this.#document;
  }

  *read(): Work<Fragment> {
    const { http, tls } = this.#outline();
    yield;
    const fragment = {
      provider: this.#provider,
      places: placesOf(this.#loaded),
      files: this.#loaded.files,
      routers: yield* this.#entries(
        ['http', 'routers'],
        http?.routers,
        (path, _, raw) => this.#router(path, raw),
        this.#before?.routers,
      ),
      services: yield* this.#entries(
        ['http', 'services'],
        http?.services,
        (path, name) => this.#service(path, name),
        this.#before?.services,
      ),
      middlewares: yield* this.#entries(
        ['http', 'middlewares'],
        http?.middlewares,
        (path, name) => this.#middleware(path, name),
        this.#before?.middlewares,
      ),
      serversTransports: yield* this.#entries(['http', 'serversTransports'], http?.serversTransports, (path) =>
        this.#decode(serversTransport, path),
      ),
      certificates: yield* this.#entries(['tls', 'certificates'], tls?.certificates, (path) =>
        this.#decode(tlsCertificate, path),
      ),
      options: yield* this.#entries(['tls', 'options'], tls?.options, (path) => this.#decode(tlsOptions, path)),
      stores: yield* this.#entries(['tls', 'stores'], tls?.stores, (path) => this.#decode(tlsStore, path)),
    };
    const diagnostics = this.#unclaimed.filter((diagnostic) => !this.#claimed.has(diagnostic));
    const about = this.#isClean && diagnostics.length === 0 ? undefined : fragment.places.version;
    return { ...fragment, diagnostics, about };
  }

  /** The sections and the names in them. */
  #outline(): Sections {
    const { document, findings, broken } = this.#loaded;
    const quick = broken.length === 0 ? decodeQuickly(sections, document.value) : unsure;
    if (quick !== unsure) {
      this.#unclaimed.push(...findings);
      this.#isAsWritten = true;
      return quick;
    }
    const known = this.#knownSections(document);
    const loss = isMapping(known.value)
      ? 'this section is left out; everything else is served'
      : 'nothing of this text is served; everything else is';
    const effectOf = (entry: Path | undefined) => (entry === undefined ? loss : undefined);
    const decoded = decode(sections, known, { isolate: true, broken, effectOf });
    this.#document = decoded.document;
    this.#dropped = decoded.dropped;
    this.#unclaimed.push(...findings, ...decoded.diagnostics);
    return decoded.value ?? {};
  }

  /** The document without root keys that are not of the dynamic configuration. */
  #knownSections(document: Document): Document {
    if (!isMapping(document.value)) return document;
    const names = Object.keys(sections.shape);
    const value: Record<string, unknown> = {};
    for (const [key, section] of Object.entries(document.value)) {
      const lower = key.toLowerCase();
      if (names.includes(lower)) value[key] = section;
      else if (!(installSections as readonly string[]).includes(lower)) this.#unknownSection(key, names);
    }
    return {
      ...document,
      value,
      origin: (path, part) => document.origin(path, part),
      isSecret: (path) => document.isSecret?.(path) ?? false,
    };
  }

  #unknownSection(key: string, names: readonly string[]): void {
    const finding = {
      message: `unknown section "${key}"`,
      path: [key],
      origin: this.#loaded.document.origin([key], 'key'),
      hint: didYouMean(key, names) ?? successorOf(key),
      effect: 'the section is ignored; everything else is served',
    };
    this.#unclaimed.push(diagnose('FL2008', finding));
  }

  /** Decodes each entry of a section, broken ones included, in the order written. `before` are those of the version before. */
  *#entries<T>(
    section: Path,
    entries: object | undefined,
    read: (path: Path, name: string, raw: unknown) => Read<T>,
    before: readonly Item<T>[] = nothing,
  ): Work<Item<T>[]> {
    const items: Item<T>[] = [];
    const known = new Map(before.map((item) => [item.name, item]));
    const isList = Array.isArray(entries);
    const [outer = '', inner = ''] = section;
    yield* forEach(Object.keys(entries ?? {}), (key) => {
      // Written out: a list that grows has room for a dozen more.
      const path = [outer, inner, isList ? Number(key) : key];
      const raw = this.#isAsWritten
        ? (entries as Readonly<Record<string, unknown>>)[key]
        : valueAt(this.#document.value, path);
      const name = this.#name(section, path);
      const same = this.#sameAs(known.get(name), raw, key);
      items.push(same ?? this.#item(section, name, path, read(path, name, raw), raw));
    });
    for (const path of this.#dropped) {
      if (path.length !== section.length + 1 || !section.every((part, index) => part === path[index])) continue;
      const raw = valueAt(this.#document.value, path);
      items.push(this.#item<T>(section, this.#name(section, path), path, { diagnostics: [] }, raw));
    }
    return items;
  }

  /** The item of before, where that was made of the same and there is nothing to say about it. */
  #sameAs<T>(known: Item<T> | undefined, raw: unknown, key: string): Item<T> | undefined {
    if (!this.#isAsWritten || this.#unclaimed.length > 0 || known === undefined) return undefined;
    const isWritten = known.raw === raw && known.document === this.#places && known.path.at(-1) === key;
    return isWritten && known.diagnostics.length === 0 ? known : undefined;
  }

  #item<T>(section: Path, name: string, path: Path, read: Read<T>, raw: unknown): Item<T> {
    const { config, salvaged, diagnostics: found } = read;
    const claimed = this.#claim(path);
    const [document, provider] = [this.#places, this.#provider];
    if (claimed.length === 0 && found.length === 0)
      return makeItem({ name, provider, config, salvaged, raw, document, path, diagnostics: nothing });
    this.#isClean = false;
    const effect = costs[String(section[1])]?.(name);
    const diagnostics = [...claimed, ...found].map((diagnostic) =>
      diagnostic.severity !== 'error' || diagnostic.effect !== undefined || effect === undefined
        ? diagnostic
        : { ...diagnostic, effect },
    );
    return makeItem({ name, provider, config, salvaged, raw, document, path, diagnostics });
  }

  /** Takes the findings below `path` out of those that belong to nobody. */
  #claim(path: Path): readonly Diagnostic[] {
    if (this.#unclaimed.length === 0) return [];
    this.#byPrefix ??= indexByPrefix(this.#unclaimed);
    const claimed = this.#byPrefix.get(formatPath(path).toLowerCase()) ?? [];
    for (const diagnostic of claimed) this.#claimed.add(diagnostic);
    return claimed;
  }

  #name(section: Path, path: Path): string {
    const own = section[1] === 'certificates' ? formatPath(path) : String(path.at(-1));
    const shared = section[0] === 'tls' && own === 'default';
    return shared ? own : qualifiedName(own, this.#provider);
  }

  #decode<S extends z.ZodType>(schema: S, path: Path, raw = valueAt(this.#document.value, path)): Read<z.output<S>> {
    const quick = decodeQuickly(schema, raw);
    if (quick !== unsure) return { config: quick, diagnostics: nothing };
    const { value, diagnostics } = decode(schema, this.#document, { path });
    return { config: value, diagnostics };
  }

  #router(path: Path, raw: unknown): Read<Router> {
    const read = this.#decode(router, path, raw);
    if (read.config !== undefined) return read;
    return { ...read, salvaged: this.#salvage(someRouter, path) };
  }

  #middleware(path: Path, name: string): Read<MiddlewareConfig> {
    const found = findKind(middlewareTable, name, this.#document, path);
    const definition = middlewareKinds.get(found.kind ?? '');
    if (definition === undefined) return { diagnostics: found.diagnostics };
    const options = this.#decode(definition.schema, [
      ...path,
      found.keys.get(definition.name.toLowerCase()) ?? definition.name,
    ]);
    const diagnostics = [...found.diagnostics, ...options.diagnostics];
    if (options.config === undefined || found.diagnostics.length > 0) return { diagnostics };
    return { config: { kind: definition.name, options: options.config as MiddlewareConfig['options'] }, diagnostics };
  }

  #service(path: Path, name: string): Read<ServiceConfig> {
    const found = findKind(serviceTable, name, this.#document, path);
    const written = (key: string): Path => [...path, found.keys.get(key.toLowerCase()) ?? key];
    const middlewares = found.keys.has('middlewares')
      ? this.#decode(serviceMiddlewares, written('middlewares'))
      : noMiddlewares;
    const before = [...found.diagnostics, ...middlewares.diagnostics];
    if (found.kind === undefined) return { diagnostics: before };
    const kind = serviceTable.served.get(found.kind) as keyof typeof serviceKinds;
    const { config, salvaged, diagnostics } = this.#serviceKind(kind, written(kind), middlewares.config ?? []);
    const whole = found.diagnostics.length === 0 && middlewares.config !== undefined;
    const all = [...before, ...diagnostics];
    return whole && config !== undefined
      ? { config, diagnostics: all }
      : { salvaged: config ?? salvaged, diagnostics: all };
  }

  #serviceKind(kind: keyof typeof serviceKinds, path: Path, middlewares: readonly string[]): Read<ServiceConfig> {
    if (kind !== 'loadBalancer') return this.#composite(kind, path, middlewares);
    const { config, diagnostics } = this.#decode(serviceKinds.loadBalancer, path);
    const rest = config ?? this.#salvage(serviceKinds.loadBalancer, path);
    const service = rest && { kind, middlewares, loadBalancer: rest };
    return { [config === undefined ? 'salvaged' : 'config']: service, diagnostics };
  }

  /** A service made of services. Of a broken one the names are left, each in its place. */
  #composite(
    kind: Exclude<keyof typeof serviceKinds, 'loadBalancer'>,
    path: Path,
    middlewares: readonly string[],
  ): Read<ServiceConfig> {
    const { config, diagnostics } = this.#decode<z.ZodType>(serviceKinds[kind], path);
    if (config !== undefined) return { config: { kind, middlewares, [kind]: config } as ServiceConfig, diagnostics };
    const rest = remains[kind](this.#salvage(someNames, path) ?? {});
    return { salvaged: { kind, middlewares, [kind]: rest }, diagnostics };
  }

  /** What is left without what is broken. */
  #salvage<S extends z.ZodType>(schema: S, path: Path): z.output<S> | undefined {
    return decode(schema, this.#document, { path, isolate: true }).value;
  }
}

/** The findings below each path, for every beginning of their own path; without regard to case. */
function indexByPrefix(diagnostics: readonly Diagnostic[]): ReadonlyMap<string, readonly Diagnostic[]> {
  const index = new Map<string, Diagnostic[]>();
  for (const diagnostic of diagnostics) {
    const path = diagnostic.path.toLowerCase();
    for (
      let end = path.length;
      end > 0;
      end = Math.max(path.lastIndexOf('.', end - 1), path.lastIndexOf('[', end - 1))
    ) {
      const prefix = path.slice(0, end);
      const known = index.get(prefix);
      if (known === undefined) index.set(prefix, [diagnostic]);
      else known.push(diagnostic);
    }
  }
  return index;
}
