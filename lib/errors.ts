import type { Diagnostic } from './diagnostics/diagnostic.js';

/** Every failure the control plane throws, keyed by a code that is stable across releases. */
export const errorCatalogue = {
  ERR_FAIRLEAD_API: 'the running proxy cannot tell',
  ERR_FAIRLEAD_APPLY: 'the data plane refused the configuration',
  ERR_FAIRLEAD_BIND: 'an entry point cannot listen',
  ERR_FAIRLEAD_CLOSED: 'the proxy is closed',
  ERR_FAIRLEAD_CONFIG: 'the configuration has errors',
  ERR_FAIRLEAD_INTERNAL: 'internal error',
  ERR_FAIRLEAD_LOG: 'a log cannot be written',
  ERR_FAIRLEAD_NATIVE_LOAD: 'the native addon cannot be loaded',
  ERR_FAIRLEAD_PROVIDER: 'a provider failed',
  ERR_FAIRLEAD_REQUEST: 'this is no request that can be explained',
  ERR_FAIRLEAD_TIMEOUT: 'an operation took too long',
} as const;

/** The stable code of an `AppError`. */
export type ErrorCode = keyof typeof errorCatalogue;

/** A bug or a broken environment; what a user's text can cause is a `Diagnostic` instead. */
export class AppError extends Error {
  override readonly name: string = 'AppError';
  readonly code: ErrorCode;

  /** `detail` completes the sentence of the table; `options.cause` keeps what led here. */
  constructor(code: ErrorCode, detail?: string, options?: ErrorOptions) {
    super(detail === undefined ? errorCatalogue[code] : `${errorCatalogue[code]}: ${detail}`, options);
    this.code = code;
  }
}

/** Thrown where a configuration with errors was to be used; `diagnostics` holds every finding, not only the first. */
export class ConfigError extends AppError {
  override readonly name: string = 'ConfigError';
  readonly diagnostics: readonly Diagnostic[];

  constructor(diagnostics: readonly Diagnostic[], detail?: string) {
    super('ERR_FAIRLEAD_CONFIG', detail ?? summary(diagnostics));
    this.diagnostics = diagnostics;
  }
}

function summary(diagnostics: readonly Diagnostic[]): string {
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  const [first] = errors;
  if (first === undefined) return 'no finding is an error';
  const others = errors.length > 1 ? ` (and ${errors.length - 1} more)` : '';
  return `${first.code} ${first.message}, at ${first.path === '' ? 'the root' : first.path}${others}`;
}

/** The text of anything thrown, for a message. */
export function reasonOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
