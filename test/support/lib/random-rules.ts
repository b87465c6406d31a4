/** Rules over few names, so that they often meet each other and the requests of the tests. */
import type { Random } from './random.js';

/** Hosts, paths and other values that requests may have. Kept in step with test/unit/native/router/model_test.cc. */
export const values = {
  hosts: ['a.com', 'b.com', 'x.a.com', 'y.a.com', 'x.y.a.com', 'x.b.com', 'localhost', '::1'],
  paths: ['/', '/a', '/a/', '/a/b', '/ab', '/b', '/a/b/c', '/b/a', '/é', '/a%2Fb'],
  methods: ['GET', 'POST', 'PUT', 'PURGE'],
  addresses: ['10.1.2.3', '192.168.1.1', '2001:db8::1', '::1'],
} as const;

const hostsWritten = [...values.hosts, 'A.com', 'b.com.', '*.a.com', '*.b.com', '*.y.a.com', '*', '*a.com', '*.*'];
const hostPatterns = ['^x\\.', 'a', '^[a-z]\\.com$', '\\.com$', '^$', ':'];
const pathPatterns = ['^/a', 'b$', '(?i)/B', '^/[^/]+$', 'é', '%2F'];
const ranges = ['10.0.0.0/8', '192.168.1.1', '2001:db8::/32', '::/0', '0.0.0.0/0', '::1', '::ffff:10.1.0.0/112'];

const host = (random: Random): string => `Host(\`${random.pick(hostsWritten)}\`)`;
const path = (random: Random): string =>
  `${random.chance(50) ? 'Path' : 'PathPrefix'}(\`${random.pick(values.paths)}\`)`;

/** Any matcher but Host, Path and PathPrefix. */
function other(random: Random): string {
  const key = random.pick(['k', 'l', 'a b']);
  const name = random.pick(['X-A', 'x-b', 'Host']);
  switch (random.below(9)) {
    case 0:
      return `HostRegexp(\`${random.pick(hostPatterns)}\`)`;
    case 1:
      return `PathRegexp(\`${random.pick(pathPatterns)}\`)`;
    case 2:
      return `Method(\`${random.pick([...values.methods, 'get'])}\`)`;
    case 3:
      return `Header(\`${name}\`, \`${random.pick(['1', '2', 'a, b'])}\`)`;
    case 4:
      return `HeaderRegexp(\`${name}\`, \`${random.pick(['^1$', '\\d', '^a'])}\`)`;
    case 5:
      return `Query(\`${key}\`)`;
    case 6:
      return `Query(\`${key}\`, \`${random.pick(['v', 'v w', '1'])}\`)`;
    case 7:
      return `QueryRegexp(\`${key}\`, \`${random.pick(['^v', '\\d+'])}\`)`;
    default:
      return `ClientIP(\`${random.pick(ranges)}\`)`;
  }
}

const leaf = (random: Random): string => random.pick([host, path, other])(random);

function expression(random: Random, depth: number): string {
  if (depth === 0 || random.chance(20)) return leaf(random);
  const negated = random.chance(15) ? '!' : '';
  const operator = random.chance(50) ? ' && ' : ' || ';
  const operands = Array.from({ length: 2 + random.below(3) }, () => expression(random, depth - 1));
  return `${negated}(${operands.join(operator)})`;
}

/** Seven of ten look like those that people write, the others are anything the grammar allows. */
export function randomRule(random: Random): string {
  if (random.chance(30)) return expression(random, 1 + random.below(3));
  const parts = [random.chance(80) ? host(random) : path(random)];
  if (random.chance(20)) parts[0] = `(${host(random)} || ${host(random)})`;
  if (random.chance(70)) parts.push(path(random));
  if (random.chance(30)) parts.push(`${random.chance(30) ? '!' : ''}${other(random)}`);
  return parts.join(' && ');
}
