/** The root record: everything the data plane knows about its configuration. */
import { middlewares } from '../middlewares/index.js';
import {
  accessLog,
  certificate,
  cidr,
  concurrencyLimit,
  entryPoint,
  health,
  layer,
  limits,
  middlewareRef,
  names,
  router,
  service,
  timeouts,
  tlsOptions,
  transport,
} from './records.js';
import { bool, type Fields, list, record, type RecordType, text, u32, u64, type Value } from './wire.js';

const camel = (name: string): string => name.charAt(0).toLowerCase() + name.slice(1);

/** One list per registered kind of middleware, in the order of the registry. */
export const middlewareConfigs: RecordType<Fields> = record(
  'MiddlewareConfigs',
  Object.fromEntries(middlewares.map(({ wire }) => [camel(wire.name), list(wire)])),
);

/** The record at offset 0. */
export const snapshot = record('Snapshot', {
  /** Layout fingerprint; a snapshot of another build is refused. */
  fingerprint: u64,
  generation: u64,
  /** Every provider has delivered at least once. */
  ready: bool,
  entryPoints: list(entryPoint),
  routers: list(router),
  layers: list(layer),
  services: list(service),
  health: list(health),
  concurrencyLimits: list(concurrencyLimit),
  transports: list(transport),
  timeouts: list(timeouts),
  middlewares: list(middlewareRef),
  configs: middlewareConfigs,
  certificates: list(certificate),
  /** Index into `certificates`. */
  defaultCertificate: u32,
  tlsOptions: list(tlsOptions),
  /** RE2 sources, each once. */
  patterns: list(text),
  ranges: list(cidr),
  accessLog,
  limits,
  names,
  /** Hosts of requests are also what their CNAME records lead to. */
  flattensHosts: bool,
  /** Value of X-Forwarded-Server. */
  hostName: text,
  pingTerminatingStatus: u32,
});
/** A snapshot as a TypeScript value. */
export type Snapshot = Value<typeof snapshot>;
