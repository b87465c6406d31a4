/** A proxy that runs: sources deliver, the applier brings it into the engine, the admin API shows it. */
import { hostname } from 'node:os';
import { type AdminServer, startAdminServer } from '../admin/server.js';
import { healthOf } from '../admin/health.js';
import type { AdminState } from '../admin/state.js';
import { addressesOf, type Listener, type ListeningAddress } from './addresses.js';
import { type Applied, Applier } from './applier.js';
import { generateDefaultCertificate } from '../compile/default-certificate.js';
import type { DynamicConfig } from './config.js';
import type { Diagnostic } from '../diagnostics/diagnostic.js';
import { type CloseOptions, drainTimes } from './drain.js';
import { renderDiagnostic } from '../diagnostics/render.js';
import type { EngineOptions } from '../engine/binding.js';
import { Engine } from '../engine/engine.js';
import type { EngineEvent, ServerState } from '../engine/events.js';
import { loadBinding } from '../engine/load.js';
import type { Receipt } from '../engine/receipt.js';
import { AppError, reasonOf } from '../errors.js';
import { explainRunning } from './explain.js';
import type { Explanation } from '../explain/explanation.js';
import type { ExplainRequest } from '../explain/request.js';
import { Feed } from './feed.js';
import { installationOf } from './installation.js';
import type { InstallResult } from '../install/result.js';
import type { InstallConfiguration } from '../install/schema.js';
import type { Logger } from '../log.js';
import type { Stats } from '../observability/stats.js';
import { packageVersion } from '../package.js';
import type { RefreshablePorts } from '../providers/ports.js';
import { ProxyEmitter, type ProxyEventName, type ProxyListener } from './events.js';
import { ServerLog } from './server-log.js';

/** What a proxy is made of. */
export interface ProxyParts {
  readonly install: InstallResult;
  /** The dynamic configuration that the program handed over; undefined when it has none to give. */
  readonly dynamic?: DynamicConfig | undefined;
  readonly ports: RefreshablePorts;
  readonly logger: Logger;
}

/** As many threads as the engine takes. */
const mostWorkers = 64;
/** Connections over all entry points when none has a limit of its own: far above real use, far below what memory bears. */
const usualConnections = 100_000;
/** The engine counts them in 32 bits. */
const mostConnections = 4_000_000_000;

/** How much must be left of a body for the kernel to move it, and whether requests have such bodies, by fairlead.splice. */
const splicing = {
  auto: { spliceBytes: 256 * 1024 },
  on: { spliceBytes: 32 * 1024 },
  off: {},
} as const;

/** How long an adaptive worker asks for events before it sleeps, in microseconds. */
const adaptivePolling = 50;

function pollingOf(polling: InstallConfiguration['fairlead']['polling']): EngineOptions {
  if (polling === 'off') return { pollMicroseconds: 0 };
  return polling === 'adaptive'
    ? { pollMicroseconds: adaptivePolling, pollAdaptive: 1 }
    : { pollMicroseconds: polling };
}

function engineOptions({ fairlead, entryPoints, hostResolver }: InstallConfiguration): EngineOptions {
  const asked = Math.min(mostConnections, fairlead.limits.maxConnections * Object.keys(entryPoints).length);
  return {
    workers: Math.min(mostWorkers, Math.max(1, fairlead.workers)),
    maxConnections: fairlead.limits.maxTotalConnections || Math.max(usualConnections, asked),
    ...pollingOf(fairlead.polling),
    ...splicing[fairlead.splice],
    ...(hostResolver !== undefined && {
      resolvConfig: hostResolver.resolvConfig,
      resolvDepth: hostResolver.resolvDepth,
    }),
  };
}

/** A running proxy. Made by `createProxy`. */
export class Proxy implements AsyncDisposable {
  readonly #parts: ProxyParts;
  readonly #emitter: ProxyEmitter;
  readonly #serverLog: ServerLog;
  readonly #engine: Engine;
  readonly #startDate = new Date();
  readonly #listeners = new Map<string, Listener>();
  /** Findings that were reported already; undefined before the first generation. */
  #known: ReadonlySet<string> | undefined;
  #applier: Applier | undefined;
  #feed: Feed | undefined;
  #admin: AdminServer | undefined;
  #closing: Promise<{ readonly cut: number }> | undefined;

  /**
   * Starts everything; resolves when every entry point listens and the first generation serves. Rejects with
   * ERR_FAIRLEAD_BIND when an address cannot be listened on, and leaves nothing behind then.
   */
  static async start(parts: ProxyParts): Promise<Proxy> {
    const proxy = new Proxy(parts);
    try {
      await proxy.#start();
    } catch (cause) {
      await proxy.close({ drain: 0 });
      throw cause;
    }
    return proxy;
  }

  private constructor(parts: ProxyParts) {
    this.#parts = parts;
    this.#emitter = new ProxyEmitter(parts.logger);
    this.#serverLog = new ServerLog(parts.logger);
    const options = engineOptions(parts.install.config);
    this.#engine = new Engine(loadBinding(), options, (event) => this.#onEngineEvent(event));
  }

  /** Where it listens, by entry point, with the real ports. */
  get addresses(): Readonly<Record<string, ListeningAddress>> {
    return addressesOf(this.#listeners, this.#parts.install.config, this.#applier?.configuration);
  }

  /** Every finding about the configuration that serves. */
  get diagnostics(): readonly Diagnostic[] {
    return this.#applier?.diagnostics ?? [];
  }

  /** What the data plane has counted until now. Throws ERR_FAIRLEAD_CLOSED after the end. */
  stats(): Stats {
    return this.#engine.stats();
  }

  /**
   * What would become of a request now, and why: see `explain`. The server is the next choice of the first worker. Rejects
   * with ERR_FAIRLEAD_REQUEST for what is no request.
   */
  async explain(request: ExplainRequest): Promise<Explanation> {
    const configuration = this.#applier?.configuration;
    if (configuration === undefined || this.#closing !== undefined) throw new AppError('ERR_FAIRLEAD_CLOSED');
    return explainRunning(this.#engine, this.#parts.install.config, configuration, this.#listeners, request);
  }

  /**
   * What became of the request of that `X-Request-Id`: every failure and refusal is remembered, and a sample of the rest, the
   * newest of each. Undefined when it is not.
   */
  async receipt(id: string): Promise<Receipt | undefined> {
    if (this.#closing !== undefined) throw new AppError('ERR_FAIRLEAD_CLOSED');
    return this.#engine.receipt(id);
  }

  /** Watches. The function that is returned ends it. A listener that throws is logged, nothing more. */
  on<Name extends ProxyEventName>(name: Name, listener: ProxyListener<Name>): () => void {
    return this.#emitter.on(name, listener);
  }

  /**
   * Replaces the dynamic configuration that the program handed over; what providers deliver stays. Resolves when every
   * worker serves it. An object with an error is disabled alone and reported in `diagnostics`.
   */
  async apply(dynamic: DynamicConfig): Promise<Applied> {
    if (this.#feed === undefined || this.#closing !== undefined) throw new AppError('ERR_FAIRLEAD_CLOSED');
    return this.#feed.put(dynamic);
  }

  /** Reads every provider again, whether or not something seems to have changed. */
  reload(): void {
    if (this.#closing === undefined) this.#parts.ports.refresh();
  }

  /** Writes the access log to a new file from now on; the old one was moved away. */
  reopenLogs(): void {
    if (this.#closing === undefined) this.#engine.reopenLogs();
  }

  /** Lets the process end while the proxy runs, or, with `ref`, keeps it from that again. */
  unref(): void {
    this.#engine.unref();
  }
  ref(): void {
    this.#engine.ref();
  }

  /**
   * Stops accepting, lets running requests end, and resolves when every thread has ended. Idempotent: a further call waits
   * for the same end, and may bring it forward. `cut` is the number of connections with work that was not done.
   */
  async close(options: CloseOptions = {}): Promise<{ readonly cut: number }> {
    const { grace, limit } = drainTimes(options, this.#parts.install.config);
    const drained = this.#applier === undefined ? Promise.resolve(0) : this.#engine.drain(grace, limit);
    this.#closing ??= this.#end(drained);
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #end(drained: Promise<number>): Promise<{ readonly cut: number }> {
    this.#applier?.stop();
    await this.#feed?.stop();
    const cut = await drained;
    this.#engine.close();
    await this.#admin?.close();
    this.#emitter.emit('close', { cut });
    return { cut };
  }

  async #start(): Promise<void> {
    const { install, dynamic, ports } = this.#parts;
    if (install.config.api !== undefined) this.#admin = await startAdminServer(() => this.#adminState());
    const around = {
      hostName: hostname(),
      defaultCertificate: generateDefaultCertificate(this.#startDate),
      adminSocket: this.#admin?.socket ?? '',
    };
    const installation = await installationOf(install, ports);
    const applier = new Applier(installation, this.#engine, around, (applied) => this.#onApplied(applied));
    this.#feed = new Feed(applier, install.config, ports, (cause) => this.#onFailure(cause));
    this.#engine.start();
    this.#applier = applier;
    await this.#feed.start(dynamic);
  }

  #adminState(): AdminState | undefined {
    const configuration = this.#applier?.configuration;
    if (configuration === undefined) return undefined;
    const { config: install } = this.#parts.install;
    return {
      install,
      configuration,
      version: packageVersion(),
      startDate: this.#startDate,
      health: () => healthOf(this.#engine.health()),
      queues: () => this.#engine.queues(),
      explain: (request) => this.explain(request),
      receipt: (id) => this.receipt(id),
    };
  }

  #onApplied({ generation, diff, diagnostics, isNew }: Applied): void {
    this.#logNew(diagnostics);
    this.#emitter.emit('diagnostics', diagnostics);
    if (!isNew) return;
    this.#parts.logger.info('configuration applied', { generation });
    this.#emitter.emit('generation', { generation, diff });
  }

  /** Logs the findings that were not there before. Those of the start are for the caller, who has them in `diagnostics`. */
  #logNew(diagnostics: readonly Diagnostic[]): void {
    const known = this.#known;
    this.#known = new Set(diagnostics.map(lineOf));
    if (known === undefined) return;
    for (const diagnostic of diagnostics) {
      if (diagnostic.severity === 'notice' || known.has(lineOf(diagnostic))) continue;
      this.#parts.logger[diagnostic.severity === 'error' ? 'error' : 'warn'](lineOf(diagnostic));
    }
  }

  /** Nobody waits for what a provider delivered, so its failure is told here. */
  #onFailure(cause: unknown): void {
    if (this.#closing !== undefined) return;
    const error = cause instanceof AppError ? cause : new AppError('ERR_FAIRLEAD_INTERNAL', reasonOf(cause), { cause });
    this.#parts.logger.error(error.message, { code: error.code });
    this.#emitter.emit('error', error);
  }

  #onServer(changed: ServerState): void {
    const { service, url, state, cause, since, error } = changed;
    const change = { service, url, cause, since: new Date(since), ...(error !== '' && { error }) };
    this.#serverLog.tell(changed);
    this.#emitter.emit(state === 'up' ? 'server:up' : 'server:down', change);
  }

  #onEngineEvent(event: EngineEvent): void {
    switch (event.type) {
      case 'listening': {
        const { entryPoint, address: host, port } = event;
        this.#listeners.set(entryPoint, { host, port });
        this.#emitter.emit('listening', { entryPoint, host, port });
        return;
      }
      case 'fault':
        this.#applier?.addFault(event.generation, event.message);
        return;
      case 'log':
        this.#parts.logger[event.level](event.message);
        return;
      case 'server':
        this.#onServer(event);
        return;
      case 'eventsLost':
        this.#parts.logger.warn('events of the data plane were lost', { count: event.count });
        return;
      case 'applied':
      case 'applyFailed':
      case 'explained':
      case 'receipt':
      case 'drained':
    }
  }
}

/** A finding with its place, without the excerpt. */
const lineOf = (diagnostic: Diagnostic): string => renderDiagnostic(diagnostic).split('\n', 1)[0] ?? diagnostic.message;
