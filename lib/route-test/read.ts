/** Reads files of route cases. */
import type { Diagnostic } from '../diagnostics/diagnostic.js';
import { placeOf } from '../diagnostics/render.js';
import type { ExplainRequest } from '../explain/request.js';
import { decode } from '../source/decode.js';
import type { Document, Path, SourceText } from '../source/origin.js';
import { parseText } from '../source/parse.js';
import { type RouteCase, routeCases } from './schema.js';

/** A case with its place. */
export interface PlacedCase {
  readonly name: string;
  readonly request: ExplainRequest;
  readonly expect: RouteCase['expect'];
  /** `file:line:column` of a key of the case. */
  readonly place: (path: Path) => string;
}

/** The cases of a file, and what is wrong with it: then none of them is run. */
export function readCases(source: SourceText): {
  readonly cases: readonly PlacedCase[];
  readonly diagnostics: readonly Diagnostic[];
} {
  const { document, diagnostics } = parseText(source);
  if (document === undefined) return { cases: [], diagnostics: withEffect(diagnostics) };
  const whole = Array.isArray(document.value) ? below(document) : document;
  const decoded = decode(routeCases, whole);
  const found = withEffect([...diagnostics, ...decoded.diagnostics]);
  if (decoded.value === undefined) return { cases: [], diagnostics: found };
  const cases = decoded.value.tests.map((one, index) => ({
    name: one.name ?? `${one.request.method} ${one.request.url}`,
    request: requestOf(one.request),
    expect: one.expect,
    place: (path: Path) => placeOf(whole.origin(['tests', index, ...path], 'key')),
  }));
  return { cases, diagnostics: found };
}

const withEffect = (diagnostics: readonly Diagnostic[]): readonly Diagnostic[] =>
  diagnostics.map((diagnostic) => ({ ...diagnostic, effect: 'no case is run' }));

/** A bare list is the list of cases. */
function below(document: Document): Document {
  return {
    value: { tests: document.value },
    origin: ([first, ...rest], part) => document.origin(first === 'tests' ? rest : [], part),
  };
}

function requestOf({ url, method, headers, client, sni, entryPoint }: RouteCase['request']): ExplainRequest {
  return {
    url,
    method,
    headers,
    nearMisses: 5,
    ...(client !== undefined && { client }),
    ...(sni !== undefined && { serverName: sni }),
    ...(entryPoint !== undefined && { entryPoint }),
  };
}
