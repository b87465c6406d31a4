/** What a proxy tells those who watch it. Watching never changes what happens: a listener that throws is only logged. */
import type { Diagnostic } from '../diagnostics/diagnostic.js';
import type { AppError } from '../errors.js';
import { reasonOf } from '../errors.js';
import type { Logger } from '../log.js';
import type { ConfigurationDifference } from '../pipeline.js';

/** The change of a server. */
export interface ServerChange {
  /** Qualified name of the service. */
  readonly service: string;
  readonly url: string;
  /** A check, requests that failed, or the end of the time without requests. */
  readonly cause: 'new' | 'probe' | 'requests' | 'time';
  readonly since: Date;
  /** What was wrong the last time. */
  readonly error?: string;
}

/** Events of a proxy and what their listeners are given. */
export interface ProxyEvents {
  /** Every worker serves this generation. */
  generation: { readonly generation: number; readonly diff: ConfigurationDifference };
  /** Findings of the configuration that was taken or refused just now; an empty list means all is well. */
  diagnostics: readonly Diagnostic[];
  /** An entry point accepts connections. */
  listening: { readonly entryPoint: string; readonly host: string; readonly port: number };
  /** A server that is watched can be used again, or cannot any more. */
  'server:up': ServerChange;
  'server:down': ServerChange;
  /** Something failed that nobody was waiting for; what served before serves on. */
  error: AppError;
  /** Every thread has ended. */
  close: { readonly cut: number };
}

/** The name of an event. */
export type ProxyEventName = keyof ProxyEvents;

/** A listener; what it returns is ignored. */
export type ProxyListener<Name extends ProxyEventName> = (event: ProxyEvents[Name]) => unknown;

/** Listeners by event. */
export class ProxyEmitter {
  readonly #listeners = new Map<ProxyEventName, Set<(event: never) => unknown>>();
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Adds a listener; the function that is returned removes it. */
  on<Name extends ProxyEventName>(name: Name, listener: ProxyListener<Name>): () => void {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners);
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  /** Calls every listener, in the order of their adding. */
  emit<Name extends ProxyEventName>(name: Name, event: ProxyEvents[Name]): void {
    for (const listener of [...(this.#listeners.get(name) ?? [])] as ProxyListener<Name>[]) {
      try {
        const returned = listener(event);
        if (returned instanceof Promise) returned.catch((cause: unknown) => this.#failed(name, cause));
      } catch (cause) {
        this.#failed(name, cause);
      }
    }
  }

  #failed(name: ProxyEventName, cause: unknown): void {
    this.#logger.error(`a listener of "${name}" failed: ${reasonOf(cause)}`);
  }
}
