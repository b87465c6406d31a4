/** The log of Fairlead itself: what it may be given by an embedding program, and the one it makes from `log.*`. */
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { styleText } from 'node:util';
import { type DestinationStream, destination, pino } from 'pino';
import { isSecretKey, redacted } from './diagnostics/redact.js';
import { AppError, reasonOf } from './errors.js';

/** Facts that belong to a line. Names of secrets are redacted. */
export type LogFields = Readonly<Record<string, unknown>>;

/** What Fairlead logs to. Any logger with these methods will do; none of them may throw. */
export interface Logger {
  trace(message: string, fields?: LogFields): void;
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

/** A logger with a file or stream behind it. */
export interface LogWriter extends Logger {
  /** Opens the file again, after it was moved away. Without a file it does nothing. */
  reopen(): void;
  /** Writes out what is still held, and ends. */
  close(): void;
}

/** A logger that says nothing. */
export const silentLogger: Logger = { trace: nothing, debug: nothing, info: nothing, warn: nothing, error: nothing };

function nothing(): void {}

/** The part of `log.*` that decides about lines. */
export interface LogOptions {
  readonly level: string;
  readonly format: 'common' | 'json';
  readonly filePath?: string | undefined;
  /** Colours, for a terminal; ignored for files and JSON. */
  readonly color?: boolean;
}

/** Traefik's names of levels, and pino's. */
const levels: Readonly<Record<string, string>> = {
  PANIC: 'fatal',
  FATAL: 'fatal',
  ERROR: 'error',
  WARN: 'warn',
  INFO: 'info',
  DEBUG: 'debug',
  TRACE: 'trace',
};

/**
 * Makes the log that `options` describe, on standard output or in a file whose folder is created when missing. Throws
 * `ERR_FAIRLEAD_LOG` when the file cannot be opened; later failures to write (a full disk) are said once on `complain`.
 */
export function createLog(options: LogOptions, complain: (message: string) => void): LogWriter {
  const { filePath } = options;
  if (filePath !== undefined) probe(filePath);
  const out = destination({ dest: filePath ?? 1, sync: false, append: true });
  let complained = false;
  out.on('error', (cause: unknown) => {
    if (!complained) complain(`the log cannot be written: ${reasonOf(cause)}`);
    complained = true;
  });
  const color = options.color === true && filePath === undefined;
  const stream: DestinationStream =
    options.format === 'json' ? out : { write: (line) => out.write(logLine(line, color)) };
  const logger = pino(
    {
      level: levels[options.level] ?? 'error',
      base: null,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }), log: withoutSecrets },
    },
    stream,
  );
  return {
    trace: (message, fields) => logger.trace(fields ?? {}, message),
    debug: (message, fields) => logger.debug(fields ?? {}, message),
    info: (message, fields) => logger.info(fields ?? {}, message),
    warn: (message, fields) => logger.warn(fields ?? {}, message),
    error: (message, fields) => logger.error(fields ?? {}, message),
    reopen: () => {
      if (filePath !== undefined) out.reopen(filePath);
    },
    close: () => {
      try {
        out.flushSync();
        out.end();
      } catch (cause) {
        // The stream never got as far as opening; there is nothing to lose.
        if (!complained) complain(`the log cannot be written: ${reasonOf(cause)}`);
      }
    },
  };
}

function probe(filePath: string): void {
  try {
    mkdirSync(dirname(filePath), { recursive: true });
    closeSync(openSync(filePath, 'a', 0o664));
  } catch (cause) {
    throw new AppError('ERR_FAIRLEAD_LOG', `"${filePath}": ${reasonOf(cause)}`, { cause });
  }
}

function withoutSecrets(fields: Record<string, unknown>): Record<string, unknown> {
  const entries = Object.entries(fields).map(([name, value]) => [
    name,
    isSecretKey(name) ? redacted : printable(value),
  ]);
  return Object.fromEntries(entries) as Record<string, unknown>;
}

/** JSON knows neither bigints nor errors. */
function printable(value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  return value instanceof Error ? value.message : value;
}

const labels: Readonly<Record<string, string>> = {
  fatal: 'FTL',
  error: 'ERR',
  warn: 'WRN',
  info: 'INF',
  debug: 'DBG',
  trace: 'TRC',
};

const colors: Readonly<Record<string, 'red' | 'yellow' | 'green' | 'gray'>> = {
  FTL: 'red',
  ERR: 'red',
  WRN: 'yellow',
  INF: 'green',
  DBG: 'gray',
  TRC: 'gray',
};

interface Line {
  readonly time: string;
  readonly level: string;
  readonly msg?: string;
  readonly [field: string]: unknown;
}

/** Turns a JSON line of the logger into `2026-01-31T12:00:00.000Z INF message name=value`; ends with a newline. */
export function logLine(json: string, color: boolean): string {
  const { time, level, msg, ...fields } = JSON.parse(json) as Line;
  const name = labels[level] ?? '???';
  const style = colors[name] ?? 'gray';
  const label = color ? styleText(style, name, { validateStream: false }) : name;
  const facts = Object.entries(fields).map(([key, value]) => ` ${key}=${factText(value)}`);
  return `${time} ${label} ${oneLine(msg ?? '')}${facts.join('')}\n`;
}

function factText(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return /^[^\s"=]+$/.test(text) ? text : JSON.stringify(text);
}

/** A message from elsewhere cannot fake a line of its own. */
function oneLine(text: string): string {
  return text.replaceAll('\r', '\\r').replaceAll('\n', '\\n');
}
