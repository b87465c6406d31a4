/** Faults of the data plane become refusals of the objects they are about. */
import { diagnose, type Diagnostic } from '../diagnostics/diagnostic.js';
import type { Configuration } from '../merge/model.js';
import type { RuleNode } from '../schema/rule/ast.js';
import type { Refusal } from '../validate/refusals.js';

/** A fault, taken apart: `middleware "auth@file" needs …`. */
const named =
  /^(router|service|middleware|transport|certificate|TLS options|regular expression) "((?:[^"\\]|\\.)*)":? (.*)$/su;

/** The objects that a fault is about, each refused for it; a pattern may belong to several routers. */
export function refusalsOf(fault: string, configuration: Configuration): readonly Refusal[] {
  const [, noun, name = '', reason = ''] = named.exec(fault) ?? [];
  const message = noun === 'regular expression' ? fault : reason;
  const kind = noun === undefined || !Object.hasOwn(kinds, noun) ? undefined : kinds[noun];
  if (noun === 'regular expression')
    return routersWith(name, configuration).map((router) => ({ kind: 'router', name: router, message }));
  return kind === undefined ? [] : namesOf(kind, name, configuration).map((found) => ({ kind, name: found, message }));
}

/** A fault that is about no object we know. */
export const faultFinding = (fault: string): Diagnostic =>
  diagnose('FL7010', { message: fault, path: '', origin: { kind: 'default' } });

const kinds: Readonly<Record<string, Refusal['kind']>> = {
  router: 'router',
  service: 'service',
  middleware: 'middleware',
  transport: 'transport',
  certificate: 'certificate',
  'TLS options': 'tlsOptions',
};

function namesOf(kind: Refusal['kind'], name: string, configuration: Configuration): readonly string[] {
  const { routers, services, middlewares, serversTransports, tls } = configuration;
  if (kind === 'certificate') {
    const certificates = tls.certificates.filter(({ resolved }) => resolved?.names.includes(name) === true);
    return certificates.map((item) => item.name);
  }
  const maps = {
    router: routers,
    service: services,
    middleware: middlewares,
    transport: serversTransports,
    tlsOptions: tls.options,
  };
  return maps[kind].has(name) ? [name] : [];
}

const routersWith = (pattern: string, { routers }: Configuration): readonly string[] =>
  [...routers.values()].flatMap(({ name, resolved }) =>
    resolved !== undefined && mentions(resolved.rule, pattern) ? [name] : [],
  );

function mentions(rule: RuleNode, pattern: string): boolean {
  if (rule.type === 'match') return rule.args.includes(pattern);
  if (rule.type === 'not') return mentions(rule.operand, pattern);
  return rule.operands.some((operand) => mentions(operand, pattern));
}
