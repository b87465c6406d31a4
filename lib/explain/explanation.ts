/** What would become of a request, as the command, the API and `proxy.explain()` tell it. */
import type { Failed } from './predicate.js';

/** Why a router did not get the request. */
export type MissKind = 'priority' | 'rule' | 'entryPoint' | 'tls' | 'disabled';

/** A router that came close. */
export interface NearMiss {
  readonly router: string;
  /** The router on the way below which it stands; absent for those of the entry point. */
  readonly parent?: string;
  readonly rule: string;
  /** Decimal; it may be more than a JSON number holds. */
  readonly priority: string;
  readonly kind: MissKind;
  /** One sentence without a final period. */
  readonly because: string;
  /** For `rule`: the first test that failed; several are alternatives, of which one would have been enough. */
  readonly failed?: readonly Failed[];
  /** `file:line:column`. */
  readonly place?: string;
}

/** Name and value, as on the wire. */
export type HeaderField = readonly [string, string];

/** One middleware on the way. */
export interface MiddlewareEffect {
  readonly name: string;
  readonly type: string;
  /** The service whose middleware it is; absent for those of the router. */
  readonly service?: string;
  /** What it does, in a few words. */
  readonly effect: string;
  /** Nobody can tell before the request comes; that it passes was assumed. */
  readonly atRunTime?: boolean;
  readonly path?: { readonly from: string; readonly to: string };
  readonly host?: string;
  readonly set?: readonly HeaderField[];
  readonly removed?: readonly string[];
  /** It answers by itself; the rest is not asked. */
  readonly answers?: boolean;
}

/** The limit in front of the servers of a service. */
export interface ExplainedLimit {
  /** Requests at the servers at once. */
  readonly concurrency: number;
  readonly discipline: 'drr' | 'fifo';
  /** As it is configured, and what it is of this request: the first 64 bytes, of what may be a secret a number. */
  readonly key: string;
  readonly value: string;
  readonly weight: number;
  /** What the request costs its key, and what a key of weight 1 may send in one turn. */
  readonly cost: number;
  readonly quantum: number;
  readonly maxLength: number;
  /** Such as `2s`; `0s` = no limit. */
  readonly maxWait: string;
}

/** The cookie that keeps a client at what was chosen. */
export interface StickyChoice {
  readonly name: string;
  /** The choice is what the cookie of the request says. */
  readonly kept: boolean;
  /** The value of Set-Cookie in the response; absent when the client has the cookie already. */
  readonly set?: string;
}

/** When the request is sent to a server again. */
export interface ExplainedRetry {
  /** The middleware that says so; absent: as for every request. */
  readonly middleware?: string;
  /** In a few words. */
  readonly effect: string;
}

/** A deadline towards the servers. */
export interface ExplainedTimeout {
  /** As in `timeouts`. */
  readonly name: string;
  /** Such as `30s`. */
  readonly time: string;
  /** Who says so. */
  readonly by: 'router' | 'service' | 'transport';
}

/** One service on the way, and what it chooses. */
export interface ServiceChoice {
  readonly name: string;
  readonly type: string;
  /** Servers or services to choose from. */
  readonly candidates?: number;
  /** The service or the URL of the server. */
  readonly chosen?: string;
  readonly because: string;
  readonly limit?: ExplainedLimit;
  readonly cookie?: StickyChoice;
}

/** The certificate that the client is shown. */
export interface ShownCertificate {
  /** Absent: the handshake is refused. */
  readonly names?: readonly string[];
  readonly because: string;
  readonly options?: string;
  readonly notAfter?: string;
  readonly fingerprint?: string;
  readonly place?: string;
}

/** What the server is sent. */
export interface SentRequest {
  readonly url: string;
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly host: string;
  readonly headers: readonly HeaderField[];
}

/** The answer that the proxy itself gives. */
export interface OwnAnswer {
  /** 0: the connection is closed without one. */
  readonly status: number;
  /** As in the access log. */
  readonly reason: string;
  readonly detail: string;
  readonly headers?: readonly HeaderField[];
}

/** Everything about one request. */
export interface Explanation {
  /** Of this shape. */
  readonly version: 1;
  readonly request: {
    readonly method: string;
    readonly url: string;
    readonly entryPoint: string;
    readonly client: string;
    readonly serverName?: string;
    /** In the normal form that rules see; absent when the head is refused. */
    readonly host?: string;
    readonly path?: string;
    /** Where the CNAME records of the host lead to, when `hostResolver` asks for them; absent: nowhere else. */
    readonly flattenedHost?: string;
    /** Nobody has asked for them yet, as is always so offline: the request was routed by its host alone. */
    readonly flattenedHostUnknown?: boolean;
    readonly assumption?: string;
  };
  /** For TLS only. */
  readonly certificate?: ShownCertificate;
  /** Absent: none takes it. */
  readonly router?: {
    readonly name: string;
    /** The routers above it, from the root on. */
    readonly above?: readonly string[];
    readonly rule: string;
    readonly priority: string;
    readonly entryPoints: readonly string[];
    readonly service: string;
    readonly place?: string;
  };
  readonly middlewares: readonly MiddlewareEffect[];
  readonly services: readonly ServiceChoice[];
  readonly server?: SentRequest;
  /** Present when a server is asked; those without a limit are left out. */
  readonly retry?: ExplainedRetry;
  readonly timeouts?: readonly ExplainedTimeout[];
  /** Present unless a server is asked. */
  readonly answer?: OwnAnswer;
  /** Those that came closest first. */
  readonly nearMisses: readonly NearMiss[];
}
