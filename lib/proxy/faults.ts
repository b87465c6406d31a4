/** Faults of the data plane become refusals of the objects they are about. */
import { diagnose, type Diagnostic } from '../diagnostics/diagnostic.js';
import type { Configuration } from '../merge/model.js';
import { type Refusal, refusedItem } from '../validate/refusals.js';

/** A fault, taken apart: `middleware "auth@file" needs …`. */
const named = /^(router|service|middleware|serversTransport|certificate|TLS options) (?:"([^"]*)"|(\S+)):? (.*)$/su;

/** The objects that a fault is about, each refused for it. */
export function refusalsOf(fault: string, configuration: Configuration): readonly Refusal[] {
  const [, noun, quoted, bare, message = ''] = named.exec(fault) ?? [];
  if (noun === undefined) return [];
  const kind = kinds[noun as keyof typeof kinds];
  return namesOf(kind, quoted ?? bare ?? '', configuration).map((name) => ({ kind, name, message }));
}

/** A fault that is about no object we know. */
export const faultFinding = (fault: string): Diagnostic =>
  diagnose('FL7010', { message: fault, path: '', origin: { kind: 'default' } });

const kinds = {
  router: 'router',
  service: 'service',
  middleware: 'middleware',
  serversTransport: 'transport',
  certificate: 'certificate',
  'TLS options': 'tlsOptions',
} as const;

function namesOf(kind: Refusal['kind'], name: string, configuration: Configuration): readonly string[] {
  if (kind !== 'certificate') return refusedItem({ kind, name }, configuration) === undefined ? [] : [name];
  // The data plane knows certificates by what they are for.
  const { certificates } = configuration.tls;
  return certificates.filter(({ resolved }) => resolved?.names.includes(name) === true).map((item) => item.name);
}
