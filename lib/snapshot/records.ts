/**
 * The compiled configuration as C++ reads it. Names have become indexes into the lists of the root record, durations
 * nanoseconds, rules short programs. `none` marks an absent index.
 */
import { bool, i64, list, record, text, u16, u32, u64, u8 } from './wire.js';

/** The index that points at nothing. */
export const none = 0xffff_ffff;

/** An address range. IPv4 is written as IPv4-mapped IPv6; `high` and `low` are the address in network order. */
export const cidr = record('Cidr', { high: u64, low: u64, bits: u32 });

/**
 * One step of a rule. It tests `op` and goes on at `onTrue` or `onFalse`, both later in the program; `accept` and
 * `reject` end it. `operand` is an index into `patterns` or `ranges`.
 */
export const instruction = record('Instruction', {
  onTrue: u16,
  onFalse: u16,
  op: u16,
  operand: u32,
  key: text,
  value: text,
});
/** A place in a program: the rule takes the request. */
export const accept = 0xffff;
/** A place in a program: the rule does not take the request. */
export const reject = 0xfffe;
/** What an instruction tests. The numbers are part of the wire. */
export const ops = {
  always: 0,
  /** Canonical host equals `value` (lower case, no trailing dot). */
  host: 1,
  /** Canonical host is one label followed by `value` (which starts with a dot). */
  hostWildcard: 2,
  hostRegexp: 3,
  /** Routing path equals `value`. */
  path: 4,
  pathPrefix: 5,
  pathRegexp: 6,
  method: 7,
  /** Some line of header `key` (lower case) equals `value`. */
  header: 8,
  headerRegexp: 9,
  /** Some decoded value of query parameter `key` equals `value`. */
  query: 10,
  queryRegexp: 11,
  /** Query parameter `key` is present with an empty value. */
  queryPresent: 12,
  /** Peer address lies in `ranges[operand]`. */
  clientIp: 13,
  /** The first decoded value of query parameter `key` equals `value` (rule syntax v2). */
  queryFirst: 14,
  queryFirstRegexp: 15,
} as const;

/**
 * A necessary condition of a rule, for the index: the rule can only match a request that satisfies at least one of its
 * keys, and matches without running its program where the key is `sufficient`.
 */
export const routeKey = record('RouteKey', { hostKind: u8, pathKind: u8, sufficient: bool, host: text, path: text });
/**
 * How `host` of a key is compared: any host, that host, one label before `host` (which starts with a dot), hosts that end
 * with it, or hosts that the pattern `host` matches.
 */
export const hostKinds = { any: 0, exact: 1, wildcard: 2, suffix: 3, pattern: 4 } as const;
/** How `path` of a key is compared: any path, that path, paths that start with it, or that the pattern `path` matches. */
export const pathKinds = { any: 0, exact: 1, prefix: 2, pattern: 3 } as const;

/** Deadlines towards servers, nanoseconds; 0 = no limit, negative = not said here. */
export const timeouts = record('Timeouts', {
  connect: i64,
  responseHeader: i64,
  idle: i64,
  total: i64,
  perTry: i64,
});

/** One router. A router on entry points that deny different escapes is stored once for each. */
export const router = record('Router', {
  name: text,
  /** Empty when every key is sufficient: then the index alone decides. */
  program: list(instruction),
  keys: list(routeKey),
  /** Indexes into `middlewares`, in request order. */
  chain: list(u32),
  /** `none` where there is a `layer`. */
  service: u32,
  /** Index into `layers`: the routers that are tried next, when the chain has passed. `none` where there is a service. */
  layer: u32,
  /** Index into `tlsOptions`, for the domain fronting check; `none` on clear text. */
  tlsOptions: u32,
  /** Bits of `deniedCharacters` that this router refuses in a path (entry point `http.encodedCharacters`). */
  deniedCharacters: u8,
  accessLog: bool,
  /** Index into `timeouts`; `none` for most. */
  timeouts: u32,
});
/** Routers below another one: indexes into `routers`, best first. They nest without a circle. */
export const layer = record('Layer', { routers: list(u32) });
/** Escapes that `deniedCharacters` can refuse: %2F %5C %00 %3B %25 %3F %23. */
export const deniedCharacters = {
  slash: 1,
  backSlash: 2,
  nullCharacter: 4,
  semicolon: 8,
  percent: 16,
  questionMark: 32,
  hash: 64,
} as const;

/** `path` is the unix socket when `unix` is set, else the URL path for `preservePath`. */
export const server = record('Server', {
  identity: u64,
  url: text,
  /** Name or address to connect to. */
  host: text,
  /** What the Host header says when the client's is not passed: host, and port unless it is the scheme's default. */
  authority: text,
  path: text,
  port: u32,
  weight: u32,
  tls: bool,
  unix: bool,
  preservePath: bool,
});
/** A field of a message. */
export const headerField = record('HeaderField', { name: text, value: text });
/** Where a server is probed: `server.authority` is what the Host header says, `path` path and query. */
export const probe = record('Probe', { server, path: text });
/** How servers are probed. */
export const probeModes = { http: 0, grpc: 1 } as const;
/** How the servers of a load balancer are watched. */
export const health = record('Health', {
  /** Of the service and of everything here but `probes`. */
  identity: u64,
  mode: u8,
  followRedirects: bool,
  /** The status that passes; 0 = any from 200 to 399. */
  status: u32,
  method: text,
  headers: list(headerField),
  /** In the order of the servers; none: they are not probed. */
  probes: list(probe),
  /** Nanoseconds between two probes, of a server that is up and of one that is down; and for one probe. */
  interval: u64,
  unhealthyInterval: u64,
  timeout: u64,
  /** Probes in a row that take a server down, and that bring it back. */
  fails: u32,
  passes: u32,
  /** Requests that fail within `failureWindow` nanoseconds and take a server down; 0 = requests say nothing. */
  maxFailedAttempts: u32,
  failureWindow: u64,
  maxEjectionPercent: u32,
  maxEjectionTime: u64,
});

/** What a request waits under: the address of its client (IPv6: its /64), a header, its host, its router, or a claim of its token. */
export const limitKeys = { clientIP: 0, header: 1, host: 2, router: 3, claim: 4 } as const;
/** The share of one key. */
export const keyWeight = record('KeyWeight', { key: text, weight: u32 });
/** How many requests a service has at its servers at once, and how others wait. */
export const concurrencyLimit = record('ConcurrencyLimit', {
  /** Of the account: that of the service, whatever the settings. */
  identity: u64,
  /** Of the settings: equal ones need not be taken over. Not 0. */
  version: u64,
  /** Name of the service. */
  service: text,
  concurrency: u32,
  key: u8,
  fifo: bool,
  costsBytes: bool,
  /** Values of the key are secret. */
  hidesKeys: bool,
  /** Of the header, in lower case, or of the claim. */
  keyName: text,
  /** Requests or bytes, at least 1. */
  quantum: u64,
  /** Nanoseconds; 0 = no limit. */
  maxWait: u64,
  maxLength: u32,
  maxKeys: u32,
  weights: list(keyWeight),
});

/** A value that a sticky cookie had in former versions, and the server or child it stands for. */
export const stickyValue = record('StickyValue', { value: text, candidate: u32 });
/** The cookie that keeps clients at one server or child. */
export const sticky = record('Sticky', {
  name: text,
  /** What follows name and value in Set-Cookie. */
  attributes: text,
  /** The value for each server or child, in their order. */
  current: list(text),
  former: list(stickyValue),
});
/** Status codes from one to another, both included. */
export const statusRange = record('StatusRange', { from: u32, to: u32 });
/** A service below another one: its index, and its share (of mirrors in percent). */
export const child = record('Child', { service: u32, weight: u32 });
/** What a failover service does; its children are the main service and the fallback. */
export const failover = record('Failover', {
  /** Answers of the main service with such a status are discarded, and the fallback is asked. */
  statuses: list(statusRange),
  /** Longer request bodies are refused; negative: none is. */
  maxRequestBodyBytes: i64,
});
/** What a mirroring service does; its children are the main service and the mirrors. */
export const mirroring = record('Mirroring', {
  mirrorBody: bool,
  /** Requests with a longer body are not mirrored; negative: all are. */
  maxBodySize: i64,
});
/** Kinds of service: how the next hop is found. */
export const serviceKinds = {
  loadBalancer: 0,
  weighted: 1,
  ping: 2,
  ready: 3,
  noop: 4,
  mirroring: 5,
  failover: 6,
} as const;
/** How a server is chosen. */
export const strategies = { wrr: 0, drr: 1, hrw: 2, leastconn: 3, leasttime: 4, p2c: 5 } as const;
/** One service; which fields say something depends on its kind. */
export const service = record('Service', {
  identity: u64,
  name: text,
  kind: u8,
  strategy: u8,
  passHostHeader: bool,
  transport: u32,
  /** Index into `health`; `none` when its servers are not watched. */
  health: u32,
  /** Nanoseconds over which the weight of a new server grows; 0 = it has all of it at once. */
  slowStart: u64,
  /** Index into `concurrencyLimits`, or `none`. */
  limit: u32,
  servers: list(server),
  children: list(child),
  /** One, or none. */
  sticky: list(sticky),
  chain: list(u32),
  /** Index into `timeouts`; `none` for most. */
  timeouts: u32,
  /** One, for services of the kind. */
  mirroring: list(mirroring),
  failover: list(failover),
});

/** PEM texts; `names` are lower case and may start with `*.`. */
export const certificate = record('Certificate', { identity: u64, chain: text, key: text, names: list(text) });
/** A name that the certificate of a server may have: a URI, else a DNS name. */
export const peerName = record('PeerName', { uri: bool, value: text });
/** How servers are connected to. */
export const transport = record('Transport', {
  identity: u64,
  name: text,
  /** Nanoseconds; 0 = no limit. */
  dialTimeout: u64,
  responseHeaderTimeout: u64,
  idleConnTimeout: u64,
  /** Idle connections kept per server, over all workers; negative: none is reused. */
  maxIdleConnsPerHost: i64,
  serverName: text,
  insecureSkipVerify: bool,
  /** Protocol versions as on the wire (0x0303 = TLS 1.2), 0 = the library's default. */
  minVersion: u16,
  maxVersion: u16,
  /** OpenSSL names joined by colons; empty = default. */
  cipherSuites: text,
  rootCas: list(text),
  certificates: list(certificate),
  peerNames: list(peerName),
});

/** TLS options of server names. */
export const tlsOptions = record('TlsOptions', {
  identity: u64,
  name: text,
  minVersion: u16,
  maxVersion: u16,
  sniStrict: bool,
  disableSessionTickets: bool,
  cipherSuites: text,
  curves: text,
  alpn: list(text),
});
/** TLS options of one server name (`*.x` = one label). */
export const tlsHost = record('TlsHost', { host: text, options: u32 });

/** One entry point for TCP. */
export const entryPoint = record('EntryPoint', {
  name: text,
  /** Empty: all addresses. */
  host: text,
  port: u32,
  reusePort: bool,
  sanitizePath: bool,
  encodeQuerySemicolons: bool,
  /** What becomes of a header with `_` in its name: 0 keep, 1 delete, 2 reject. */
  underscoreHeaders: u8,
  forwardedInsecure: bool,
  notAppendForwardedFor: bool,
  addForwardedSchemeHeaders: bool,
  forwardedTrusted: list(cidr),
  /** Lower-case names a client may list in Connection that stay visible to middlewares. */
  forwardedConnection: list(text),
  /** Nanoseconds; 0 = no limit. */
  readTimeout: u64,
  writeTimeout: u64,
  idleTimeout: u64,
  headTimeout: u64,
  handshakeTimeout: u64,
  keepAliveMaxTime: u64,
  keepAliveMaxRequests: u32,
  acceptGrace: u64,
  drainGrace: u64,
  maxHeaderBytes: u32,
  maxHeaderFields: u32,
  maxConnections: u32,
  /** Indexes into `routers`, best first. */
  plainRouters: list(u32),
  tlsRouters: list(u32),
  tlsHosts: list(tlsHost),
  defaultTlsOptions: u32,
});

/** Bounds that hold for the process as a whole; 0 = none, or what the data plane finds by itself. */
export const limits = record('Limits', {
  /** Connections of one client address (IPv6: of one /64). */
  maxConnectionsPerClient: u32,
  /** Bytes. */
  maxBufferMemory: u64,
  maxMemory: u64,
});

/** How names of servers become addresses. */
export const names = record('Names', {
  /** Nanoseconds after which an answer is not used any more. */
  refresh: u64,
});
/** Modes: 0 drop, 1 keep, 2 redact. */
export const fieldMode = record('FieldMode', { name: text, mode: u8 });
/** The access log; empty lists and zero durations filter nothing. */
export const accessLog = record('AccessLog', {
  enabled: bool,
  /** 0 common, 1 genericCLF, 2 JSON. */
  format: u8,
  retryAttempts: bool,
  addInternals: bool,
  dropQuery: bool,
  fieldsDefault: u8,
  headersDefault: u8,
  /** Empty: standard output. */
  path: text,
  minDuration: u64,
  statusCodes: list(statusRange),
  fields: list(fieldMode),
  headers: list(fieldMode),
});

/** One configured middleware: its kind, and its place in that kind's list of `configs`. */
export const middlewareRef = record('MiddlewareRef', { identity: u64, name: text, kind: u16, index: u32 });
