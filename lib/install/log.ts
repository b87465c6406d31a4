/** `log` and `accessLog` (Traefik: static configuration, logs). */
import { z } from 'zod';
import { notYet, withoutEffect } from '../source/marks.js';
import { statusRange } from '../source/scalars.js';
import { count, flag, text, time } from './fields.js';

/** Levels of the log, from the quietest. */
export const logLevels = ['PANIC', 'FATAL', 'ERROR', 'WARN', 'INFO', 'DEBUG', 'TRACE'] as const;

const levelNames: Readonly<Record<string, (typeof logLevels)[number]>> = { WARNING: 'WARN' };

const level = z.preprocess(
  (value) => (typeof value === 'string' ? (levelNames[value.toUpperCase()] ?? value.toUpperCase()) : value),
  z.enum(logLevels),
);

/** The schema of `log`. */
export const log = z.strictObject({
  level: level.default('ERROR').meta({ description: 'Least serious level that is written.' }),
  format: z.enum(['common', 'json']).default('common').meta({ description: 'Lines for people, or JSON.' }),
  noColor: flag(false, 'No colours on a terminal.'),
  filePath: text('File to append to; standard output when left out.'),
  maxSize: notYet('Megabytes after which the file is rotated.'),
  maxAge: notYet('Days after which rotated files are removed.'),
  maxBackups: notYet('Rotated files that are kept.'),
  compress: notYet('Compress rotated files.'),
  otlp: notYet('Send the log over OTLP.'),
});
/** The log settings with all defaults filled in. */
export type LogSettings = z.output<typeof log>;

const fieldMode = z.enum(['keep', 'drop']);
const headerMode = z.enum(['keep', 'drop', 'redact']);

const headers = z.strictObject({
  defaultMode: headerMode.default('drop').meta({ description: 'What becomes of headers that names does not list.' }),
  names: z.record(z.string(), headerMode).default({}).meta({ description: 'What becomes of single headers.' }),
});

const queryParameters = z.strictObject({
  defaultMode: fieldMode.default('keep').meta({ description: 'Whether RequestPath holds the query.' }),
  names: notYet('What becomes of single query parameters.'),
});

const fields = z.strictObject({
  defaultMode: fieldMode.default('keep').meta({ description: 'What becomes of fields that names does not list.' }),
  names: z.record(z.string(), fieldMode).default({}).meta({ description: 'What becomes of single fields.' }),
  headers: headers.prefault({}).meta({ description: 'Which headers are logged.' }),
  queryParameters: queryParameters.prefault({}).meta({ description: 'Whether queries are logged.' }),
});

const filters = z.strictObject({
  statusCodes: z.array(statusRange).default([]).meta({ description: 'Status codes and ranges to log.' }),
  retryAttempts: flag(false, 'Log requests that were tried again.'),
  minDuration: time('0s', 'Log requests that took longer.'),
});

/** The schema of `accessLog`. */
export const accessLog = z.strictObject({
  filePath: text('File to append to; standard output when left out.'),
  format: z.enum(['common', 'genericCLF', 'json']).default('common').meta({ description: 'Format of the lines.' }),
  filters: filters.optional().meta({ description: 'Conditions of which one must hold for a request to be logged.' }),
  fields: fields.prefault({}).meta({ description: 'What a line holds.' }),
  bufferingSize: withoutEffect(count(0, 'Lines to buffer.'), 'lines are always written by a thread of their own'),
  addInternals: flag(false, 'Log requests to internal services too.'),
  dualOutput: notYet('Keep the file while OTLP is on.'),
  otlp: notYet('Send the access log over OTLP.'),
});
/** The access log settings with all defaults filled in. */
export type AccessLogSettings = z.output<typeof accessLog>;
