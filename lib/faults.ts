/** Faults of the data plane become findings at the objects they are about. */
import { diagnose, type Diagnostic } from './diagnostics/diagnostic.js';
import type { Configuration, Item } from './merge/model.js';
import type { RuleNode } from './schema/rule/ast.js';

/** A fault, taken apart: `middleware "auth@file" needs …`. */
const named =
  /^(router|service|middleware|transport|certificate|TLS options|regular expression) "((?:[^"\\]|\\.)*)":? (.*)$/su;

/** The findings of one fault; a pattern may belong to several routers. */
export function faultFindings(fault: string, configuration: Configuration): readonly Diagnostic[] {
  const [, noun, name = ''] = named.exec(fault) ?? [];
  const items = itemsOf(noun, name, configuration);
  if (items.length === 0) return [diagnose('FL7010', { message: fault, path: '', origin: { kind: 'default' } })];
  return items.map(({ path, origin, name: owner }) =>
    diagnose('FL7010', { message: fault, path, origin, effect: `"${owner}" does not work; everything else is served` }),
  );
}

function itemsOf(noun: string | undefined, name: string, configuration: Configuration): readonly Item<unknown>[] {
  const { routers, services, middlewares, serversTransports, tls } = configuration;
  switch (noun) {
    case 'router':
      return present(routers.get(name));
    case 'service':
      return present(services.get(name));
    case 'middleware':
      return present(middlewares.get(name));
    case 'transport':
      return present(serversTransports.get(name));
    case 'TLS options':
      return present(tls.options.get(name));
    case 'certificate':
      return tls.certificates.filter(({ resolved }) => resolved?.names.includes(name) === true);
    case 'regular expression':
      return [...routers.values()].filter(({ resolved }) => resolved !== undefined && mentions(resolved.rule, name));
    default:
      return [];
  }
}

const present = (item: Item<unknown> | undefined): readonly Item<unknown>[] => (item === undefined ? [] : [item]);

function mentions(rule: RuleNode, pattern: string): boolean {
  if (rule.type === 'match') return rule.args.includes(pattern);
  if (rule.type === 'not') return mentions(rule.operand, pattern);
  return rule.operands.some((operand) => mentions(operand, pattern));
}
