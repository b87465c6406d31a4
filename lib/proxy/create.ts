/** The two things a program can do with a configuration: serve it, or check it. */
import { type ProxyInput, resolveInput } from './config.js';
import { hasErrors } from '../diagnostics/diagnostic.js';
import { ConfigError } from '../errors.js';
import { realInstallPorts } from '../install/read.js';
import { type Logger, silentLogger } from '../log.js';
import { realPorts } from '../providers/ports.js';
import { type Checked, checkConfiguration } from './check.js';
import { explainOffline } from './explain.js';
import type { Explanation } from '../explain/explanation.js';
import type { ExplainRequest } from '../explain/request.js';
import { loadOffline } from './offline.js';
import { offlineSide } from './plan.js';
import { type Plan, planOf } from '../plan/plan.js';
import type { Side } from '../plan/side.js';
import { inDirectory } from './directory.js';
import { Proxy } from './proxy.js';

/** What surrounds a proxy. */
export interface ProxyOptions {
  /** Ends the proxy at once when it aborts; use `close` to let requests end. */
  readonly signal?: AbortSignal;
  /** What is worth knowing while it runs; silent by default. */
  readonly logger?: Logger;
}

/**
 * Starts a proxy and resolves when every entry point listens and the first configuration serves.
 *
 * Rejects with a `ConfigError` when the install part has errors (its `diagnostics` are all of them), with ERR_FAIRLEAD_BIND
 * when an address cannot be listened on, with ERR_FAIRLEAD_NATIVE_LOAD when the addon cannot be loaded, and with the
 * signal's reason when it aborts. Errors in the dynamic part disable the objects they are about; see `diagnostics`.
 */
export async function createProxy(input: ProxyInput, options: ProxyOptions = {}): Promise<Proxy> {
  const { signal, logger = silentLogger } = options;
  signal?.throwIfAborted();
  const { install, dynamic } = await resolveInput(input, realInstallPorts(process.env));
  if (hasErrors(install.diagnostics)) throw new ConfigError(install.diagnostics);
  const proxy = await Proxy.start({ install, dynamic, ports: realPorts(process.env), logger });
  try {
    signal?.throwIfAborted();
  } catch (reason) {
    await proxy.close({ drain: 0 });
    throw reason;
  }
  const abort = (): void => void proxy.close({ drain: 0 });
  signal?.addEventListener('abort', abort, { once: true });
  proxy.on('close', () => signal?.removeEventListener('abort', abort));
  return proxy;
}

/**
 * Takes a configuration the whole way to the tables of the data plane and reports every finding at once. Opens no sockets,
 * starts no threads, writes nothing.
 */
export async function check(input: ProxyInput): Promise<Checked> {
  const { install, dynamic } = await resolveInput(input, realInstallPorts(process.env));
  return checkConfiguration(install, dynamic, realPorts(process.env));
}

/**
 * What would become of requests under a configuration, in their order: the router, the middlewares, the server, and why not
 * others. Decided by the tables of the data plane; opens no sockets, starts no threads, writes nothing.
 *
 * Rejects with ERR_FAIRLEAD_REQUEST for what is no request, and with a `ConfigError` when the install part has errors.
 */
export async function explain(input: ProxyInput, requests: readonly ExplainRequest[]): Promise<readonly Explanation[]> {
  const { install, dynamic } = await resolveInput(input, realInstallPorts(process.env));
  if (hasErrors(install.diagnostics)) throw new ConfigError(install.diagnostics);
  return explainOffline(await loadOffline(install, dynamic, realPorts(process.env)), requests);
}

/** What `plan` may be told. */
export interface PlanOptions {
  /** Where relative paths of `before` begin; the working directory when left out. */
  readonly directory?: string;
}

/**
 * What applying `after` would change, by meaning: objects, requests that another router gets, servers that drain, and what
 * needs a restart. `before` is a configuration, or a proxy that runs. Opens nothing by itself.
 */
export async function plan(before: ProxyInput | Side, after: ProxyInput, options: PlanOptions = {}): Promise<Plan> {
  const old = isSide(before) ? before : await sideOf(before, options.directory);
  return planOf(old, await sideOf(after, undefined));
}

const isSide = (before: ProxyInput | Side): before is Side => 'owners' in before && typeof before.owners === 'function';

async function sideOf(input: ProxyInput, directory: string | undefined): Promise<Side> {
  const ports = inDirectory(directory, { install: realInstallPorts(process.env), providers: realPorts(process.env) });
  const { install, dynamic } = await resolveInput(input, ports.install);
  if (hasErrors(install.diagnostics)) throw new ConfigError(install.diagnostics);
  return offlineSide(await loadOffline(install, dynamic, ports.providers));
}
