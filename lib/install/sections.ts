/** Looks at the root keys of an install document: which are ours, which are not, which Traefik removed. */
import { type Diagnostic, diagnose } from '../diagnostics/diagnostic.js';
import { nearestName, successorOf } from '../diagnostics/suggest.js';
import type { Document, Path } from '../source/origin.js';
import { formatPath, isMapping } from '../source/path.js';

/** Sections of the dynamic configuration. One file may hold both, so they are passed over in silence. */
const dynamicSections: ReadonlySet<string> = new Set(['http', 'tcp', 'udp', 'tls']);

/** Options of Traefik v2 with which v3, and so Fairlead, refuses to start; `*` stands for any key. In lower case. */
const removed: readonly (readonly [path: string, hint: string])[] = [
  ['pilot', 'Traefik v3 removed Pilot'],
  ['providers.marathon', 'Traefik v3 removed this provider'],
  ['providers.rancher', 'Traefik v3 removed this provider'],
  ['providers.docker.swarmmode', 'use "providers.swarm"'],
  ['providers.*.tls.caoptional', 'Traefik v3 removed it'],
  ['providers.consul.namespace', 'use "namespaces"'],
  ['providers.consulcatalog.namespace', 'use "namespaces"'],
  ['providers.nomad.namespace', 'use "namespaces"'],
  ['experimental.http3', 'HTTP/3 is asked for with "http3" of an entry point'],
  ['experimental.hub', 'Traefik v3 removed it'],
  ['metrics.influxdb', 'use "metrics.influxDB2"'],
  ['tracing.jaeger', 'use "tracing.otlp"'],
  ['tracing.zipkin', 'use "tracing.otlp"'],
  ['tracing.datadog', 'use "tracing.otlp"'],
  ['tracing.instana', 'use "tracing.otlp"'],
  ['tracing.haystack', 'use "tracing.otlp"'],
  ['tracing.elastic', 'use "tracing.otlp"'],
  ['tracing.spannamelimit', 'Traefik v3 removed it'],
];

/** The document with the root keys of `known` only. */
export interface Sections {
  readonly document: Document;
  readonly diagnostics: readonly Diagnostic[];
}

/** Separates our sections from the rest, and reports what is neither ours nor part of the dynamic configuration. */
export function installSections(document: Document, known: readonly string[]): Sections {
  const { value } = document;
  if (!isMapping(value)) return { document, diagnostics: [] };
  const names = new Set(known.map((name) => name.toLowerCase()));
  const diagnostics = findRemoved(document);
  const refused = new Set(diagnostics.map(({ path }) => path));
  const kept = Object.keys(value).filter((key) => {
    if (names.has(key.toLowerCase())) return true;
    if (!refused.has(formatPath([key]))) diagnostics.push(...unknownSection(key, known, document));
    return false;
  });
  const own = Object.fromEntries(kept.map((key) => [key, value[key]]));
  return { document: { ...delegate(document), value: own }, diagnostics };
}

function delegate(document: Document): Omit<Document, 'value'> {
  return {
    origin: (path, part) => document.origin(path, part),
    isSecret: (path) => document.isSecret?.(path) ?? false,
  };
}

function unknownSection(key: string, known: readonly string[], document: Document): Diagnostic[] {
  const origin = document.origin([key], 'key');
  const isSetting = origin.kind === 'flag';
  if (!isSetting && dynamicSections.has(key.toLowerCase())) return [];
  const nearest = nearestName(key, known);
  const hint = nearest === undefined ? successorOf(key) : `did you mean "${nearest}"?`;
  const path = [key];
  // Whoever types a flag means it; a file may be shared with other programs, as Traefik allows.
  if (isSetting)
    return [diagnose('FL2001', { message: `unknown flag "${origin.flag}"`, path, origin, hint, effect: notStarted })];
  return [
    diagnose('FL2008', { message: `unknown section "${key}"`, path, origin, hint, effect: 'the section is ignored' }),
  ];
}

const notStarted = 'Fairlead does not start';

function findRemoved(document: Document): Diagnostic[] {
  return removed.flatMap(([pattern, hint]) =>
    expand(document.value, pattern.split('.'), []).map((path) => {
      const message = `"${formatPath(path)}" was removed in Traefik v3`;
      return diagnose('FL6005', { message, hint, path, origin: document.origin(path, 'key'), effect: notStarted });
    }),
  );
}

/** The paths in the data that a pattern matches, in the spelling of the data. */
function expand(value: unknown, [part, ...rest]: readonly string[], path: Path): Path[] {
  if (part === undefined) return [path];
  if (!isMapping(value)) return [];
  const keys = Object.keys(value).filter((key) => part === '*' || key.toLowerCase() === part);
  return keys.flatMap((key) => expand(value[key], rest, [...path, key]));
}
