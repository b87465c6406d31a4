/** Compares what a case expects with what would happen. */
import type { Explanation, HeaderField } from '../explain/explanation.js';
import type { Path } from '../source/origin.js';
import type { RouteCase } from './schema.js';

/** One expectation that does not hold. */
export interface Mismatch {
  /** In the case. */
  readonly path: Path;
  readonly expected: string;
  readonly found: string;
}

type Expectation = RouteCase['expect'];

const none = 'none';

/** Everything that differs. */
export function mismatches(expect: Expectation, explanation: Explanation): readonly Mismatch[] {
  const { router, middlewares, services, server, answer } = explanation;
  const status = answer === undefined || answer.status === 0 ? none : String(answer.status);
  return [
    ...differs('router', expect.router, router?.name ?? none),
    ...among(
      'service',
      expect.service,
      services.map(({ name }) => name),
    ),
    ...differs('server', expect.server, server?.url ?? none),
    ...differs('path', expect.path, server?.path ?? none),
    ...differs('status', expect.status?.toString(), status),
    ...differs('reason', expect.reason, answer?.reason ?? none),
    ...differs('middlewares', expect.middlewares?.join(', '), middlewares.map(({ name }) => name).join(', ')),
    ...headers(expect.headers ?? {}, server?.headers ?? answer?.headers ?? []),
  ];
}

function differs(key: string, expected: string | undefined, found: string): readonly Mismatch[] {
  return expected === undefined || expected === found ? [] : [{ path: ['expect', key], expected, found }];
}

function among(key: string, expected: string | undefined, found: readonly string[]): readonly Mismatch[] {
  if (expected === undefined || found.includes(expected)) return [];
  return [{ path: ['expect', key], expected, found: found.length === 0 ? none : found.join(', ') }];
}

function headers(expected: NonNullable<Expectation['headers']>, fields: readonly HeaderField[]): readonly Mismatch[] {
  return Object.entries(expected).flatMap(([name, value]) => {
    const values = fields.filter(([field]) => field.toLowerCase() === name.toLowerCase()).map(([, text]) => text);
    const found = values.length === 0 ? none : values.join(', ');
    const holds = value === null ? values.length === 0 : values.includes(value) || found === value;
    return holds ? [] : [{ path: ['expect', 'headers', name], expected: value ?? none, found }];
  });
}
