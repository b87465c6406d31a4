/** What merging and validating need to know of the install configuration. */
import type { FileRead } from '../schema/loaded.js';
import type { RouterTls } from '../schema/router.js';
import type { ServersTransport } from '../schema/servers-transport.js';
import type { Document, Origin, Path } from '../source/origin.js';
import type { Observability } from './model.js';

/** A redirection of everything that arrives on an entry point (`http.redirections.entryPoint`). */
export interface Redirection {
  /** Name of an entry point, or `:port`. */
  readonly to: string;
  readonly scheme: string;
  readonly permanent: boolean;
  readonly priority: bigint;
}

/** One entry point, as far as routers are concerned. */
export interface EntryPointSettings {
  readonly name: string;
  readonly protocol: 'tcp' | 'udp';
  readonly port: number;
  readonly asDefault: boolean;
  /** `http.middlewares`: before those of each router. */
  readonly middlewares: readonly string[];
  /** `http.tls`: for routers without `tls` of their own. */
  readonly tls?: RouterTls;
  readonly observability?: Observability;
  readonly redirection?: Redirection;
  /** Place of the entry point in the install configuration. */
  readonly origin: Origin;
  /** Place of something below it. */
  readonly place?: (at: Path) => Origin;
}

/** The install configuration as merging and validating see it. Does not change while a proxy runs. */
export interface Settings {
  readonly entryPoints: ReadonlyMap<string, EntryPointSettings>;
  /** Present when enabled. */
  readonly ping?: { readonly entryPoint: string; readonly manualRouting: boolean };
  /** Present when enabled. */
  readonly api?: { readonly insecure: boolean; readonly basePath: string };
  readonly defaultRuleSyntax: string;
  /** Providers whose routers win ties of priority, best first (`providers.precedence`). */
  readonly precedence: readonly string[];
  /** `serversTransport` of the install configuration: `default@internal`. */
  readonly defaultTransport: ServersTransport;
  /** The install configuration, for the places of what the default transport says. */
  readonly document?: Pick<Document, 'origin'>;
  /** Contents of the files that `serversTransport.rootCAs` names, by the name written there. */
  readonly files?: ReadonlyMap<string, FileRead>;
}
