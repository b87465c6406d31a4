/**
 * The configuration between the providers and the compiler: every object under its qualified name, with what is wrong
 * with it. `merge` makes it, `validate` completes it, `compile` and the admin API read it. Nothing in it changes.
 */
import type { Diagnostic } from '../diagnostics/diagnostic.js';
import type { RuleNode } from '../schema/rule/ast.js';
import type { FileRead } from '../schema/loaded.js';
import type { Router } from '../schema/router.js';
import type { ServersTransport } from '../schema/servers-transport.js';
import type { HighestRandomWeight, LoadBalancer, Weighted } from '../schema/service.js';
import type { Failover } from '../schema/failover.js';
import type { Mirroring } from '../schema/mirroring.js';
import type { TlsCertificate, TlsOptions, TlsStore } from '../schema/tls.js';
import type { Places, Path } from '../source/origin.js';

/** `disabled` is not served; `warning` is served, but not quite as written. */
export type Status = 'enabled' | 'warning' | 'disabled';

/** What is left of an object without its broken keys. */
export type Salvaged<T> = { readonly [Key in keyof T]?: T[Key] | undefined };

/** One object of the configuration. */
export interface Item<T> {
  /** Qualified: `name@provider`. Only the TLS options and store `default` have no provider in their name. */
  readonly name: string;
  readonly provider: string;
  /** Decoded, with defaults; absent when the text could not be decoded (then it is disabled). */
  readonly config?: T;
  /**
   * What could be read of an object that could not be decoded as a whole, so that the rest of it is checked as well: a
   * user mends everything in one go. Never served.
   */
  readonly salvaged?: Salvaged<T>;
  /** As the source wrote it, references replaced: may hold secrets. */
  readonly raw: unknown;
  readonly status: Status;
  /** The messages of errors and warnings, as the admin API shows them. */
  readonly errors: readonly string[];
  readonly diagnostics: readonly Diagnostic[];
  /** Where it stands: `document.origin([...path, 'rule'])` is the place of a key, `originOf(item)` its own. */
  readonly document: Places;
  readonly path: Path;
  /** Qualified names of the routers that use it; for routers empty. */
  readonly usedBy: readonly string[];
  /** For routers the entry points it is served on; otherwise empty. */
  readonly using: readonly string[];
}

/** What the data plane does with a router. */
export interface ResolvedRouter {
  readonly rule: RuleNode;
  /** Effective: the length of the rule when the user set none. A number cannot hold Traefik's reserved priorities. */
  readonly priority: bigint;
  /** Existing entry points, at least one; none for a router with parents, which is where these are. */
  readonly entryPoints: readonly string[];
  /** Qualified, in request order, those of the entry point first. All are served. */
  readonly middlewares: readonly string[];
  /** Qualified; it is served. Absent where there are `children`. */
  readonly service?: string | undefined;
  /** Qualified names of the routers of the layer below, those that are served. */
  readonly children?: readonly string[];
  /** Qualified names of the routers above it, those that are served; empty for a root. */
  readonly parents: readonly string[];
  /** Names in `Host` matchers, lower case, without trailing dot; `*` and `*.x` included. */
  readonly hosts: readonly string[];
  /** Present: TLS connections only. `options` is a key of `tls.options`. */
  readonly tls?: { readonly options: string } | undefined;
  readonly observability: Required<Observability>;
}

/** What is observed of a router. */
export interface Observability {
  readonly accessLogs?: boolean | undefined;
  readonly metrics?: boolean | undefined;
  readonly tracing?: boolean | undefined;
  readonly traceVerbosity?: 'minimal' | 'detailed' | undefined;
}

/** `resolved` is there unless the router is disabled, after `validate`. */
export interface RouterItem extends Item<Router> {
  readonly resolved?: ResolvedRouter;
}

/** What answers requests without a server. `noop` answers 418, `ready` tells readiness. */
export type InternalService = 'api' | 'noop' | 'ping' | 'ready';

/** A service, told apart by its kind. `middlewares` are as written; the qualified ones are in `resolved`. */
export type ServiceConfig =
  | { readonly kind: 'loadBalancer'; readonly middlewares: readonly string[]; readonly loadBalancer: LoadBalancer }
  | { readonly kind: 'weighted'; readonly middlewares: readonly string[]; readonly weighted: Weighted }
  | {
      readonly kind: 'highestRandomWeight';
      readonly middlewares: readonly string[];
      readonly highestRandomWeight: HighestRandomWeight;
    }
  | { readonly kind: 'mirroring'; readonly middlewares: readonly string[]; readonly mirroring: Mirroring }
  | { readonly kind: 'failover'; readonly middlewares: readonly string[]; readonly failover: Failover }
  | { readonly kind: 'internal'; readonly middlewares: readonly string[]; readonly internal: InternalService };

/** A service with qualified names; everything it names is served. */
export interface ResolvedService {
  readonly middlewares: readonly string[];
  /** Key of `serversTransports`, for a loadBalancer. */
  readonly transport?: string;
  /**
   * Those of a weighted one or highestRandomWeight, but for children of weight 0; the main service of a mirroring or failover
   * one, followed by the mirrors (their weight is their percentage) or the fallback.
   */
  readonly children?: readonly ResolvedChild[];
}

/** A child of a service. */
export interface ResolvedChild {
  /** As written. */
  readonly name: string;
  /** Key of `services`. */
  readonly service: string;
  readonly weight: number;
}

/** `resolved` is there unless the service is disabled, after `validate`. */
export interface ServiceItem extends Item<ServiceConfig> {
  readonly resolved?: ResolvedService;
}

/** `kind` is the name of a definition in `lib/middlewares`, `options` the output of its schema. */
export interface MiddlewareConfig {
  readonly kind: string;
  readonly options: Readonly<Record<string, unknown>>;
}

/** A certificate that was read and whose key fits. */
export interface ResolvedCertificate {
  /** PEM, leaf first. */
  readonly chain: string;
  /** PEM. Secret. */
  readonly key: string;
  /** Common name and subject alternative names (DNS and IP), lower case, each once; may start with `*.`. */
  readonly names: readonly string[];
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** SHA-256 of the leaf, lower-case hex. */
  readonly fingerprint: string;
}

/** `resolved` is there unless the certificate is disabled, after `validate`. */
export interface CertificateItem extends Item<TlsCertificate> {
  readonly resolved?: ResolvedCertificate;
}

/** Everything about TLS towards clients. */
export interface TlsModel {
  /** In Traefik's order of search: greatest list of names first. Disabled ones are in it. */
  readonly certificates: readonly CertificateItem[];
  /** The certificate of the store `default`; absent: one is generated. */
  readonly defaultCertificate?: CertificateItem;
  /** By qualified name; `default` is always there, and may be disabled. */
  readonly options: ReadonlyMap<string, Item<TlsOptions>>;
  readonly stores: ReadonlyMap<string, Item<TlsStore>>;
  /** TLS options by server name, for each entry point with TLS routers; names may start with `*.`. */
  readonly hosts: ReadonlyMap<string, ReadonlyMap<string, string>>;
  /** Server names whose TLS options are broken, for each entry point: their handshakes are refused. */
  readonly refusedHosts: ReadonlyMap<string, ReadonlySet<string>>;
}

/** Everything that was configured, good or bad. */
export interface Configuration {
  readonly routers: ReadonlyMap<string, RouterItem>;
  readonly services: ReadonlyMap<string, ServiceItem>;
  readonly middlewares: ReadonlyMap<string, Item<MiddlewareConfig>>;
  /** `default@internal` is always there. */
  readonly serversTransports: ReadonlyMap<string, Item<ServersTransport>>;
  readonly tls: TlsModel;
  /** Contents of files that options name (`certFile`, `rootCAs`, …), by the name written there. Secret. */
  readonly files: ReadonlyMap<string, FileRead>;
  /** Findings that belong to no object: unknown sections, unreadable files, conflicts of names. */
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Every finding of a configuration: those of no object first, then by object in the order of their sections. Who knows which
 * routers and services have any says so.
 */
export function allDiagnostics(
  configuration: Configuration,
  routers: Iterable<RouterItem> = configuration.routers.values(),
  services: Iterable<ServiceItem> = configuration.services.values(),
): readonly Diagnostic[] {
  const { middlewares, serversTransports, tls } = configuration;
  const sections: readonly Iterable<Item<unknown>>[] = [
    routers,
    services,
    middlewares.values(),
    serversTransports.values(),
    tls.certificates,
    tls.defaultCertificate === undefined ? [] : [tls.defaultCertificate],
    tls.options.values(),
    tls.stores.values(),
  ];
  const found = new Set(configuration.diagnostics);
  for (const items of sections) for (const item of items) for (const one of item.diagnostics) found.add(one);
  return [...found];
}

/** The content behind an option that holds PEM or the path of a file with it; undefined when it cannot be read. */
export function contentOf(files: ReadonlyMap<string, FileRead>, fileOrContent: string): string | undefined {
  const read = files.get(fileOrContent.trim());
  if (read === undefined) return fileOrContent.includes('-----BEGIN ') ? fileOrContent : undefined;
  return 'text' in read ? read.text : undefined;
}
