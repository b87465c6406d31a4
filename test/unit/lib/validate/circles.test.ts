// Whatever refers to whatever: circles are found, end nothing but themselves and what needs them, and never hang anybody.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Random } from '../../../support/lib/random.js';
import { check } from './checked.js';

const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'] as const;
type Graph = ReadonlyMap<string, readonly string[]>;

function randomGraph(random: Random): Graph {
  return new Map(names.map((name) => [name, names.filter(() => random.chance(18))]));
}

/** Whether a walk from there may never end. */
function meetsCircle(graph: Graph, from: string, above: readonly string[] = []): boolean {
  if (above.includes(from)) return true;
  return (graph.get(from) ?? []).some((to) => meetsCircle(graph, to, [...above, from]));
}

const indented = (lines: readonly string[]): string => lines.map((line) => `    ${line}\n`).join('');
const server = '{ loadBalancer: { servers: [{ url: http://10.0.0.1 }] } }';

describe('F6: of references at random', () => {
  test('services in a circle, and those that lead into one, are disabled; all others are served', () => {
    const random = new Random(6);
    const seen = { circles: 0, served: 0 };
    for (let round = 0; round < 300; round++) {
      const graph = randomGraph(random);
      const kind = random.pick(['weighted', 'highestRandomWeight']);
      const services = [...graph].map(([name, to]) =>
        to.length === 0
          ? `${name}: ${server}`
          : `${name}: { ${kind}: { services: [${to.map((child) => `{ name: ${child} }`).join(', ')}] } }`,
      );
      const routers = names.map((name) => `${name}: { rule: Path(\`/${name}\`), service: ${name} }`);
      const { configuration } = check(`http:\n  routers:\n${indented(routers)}  services:\n${indented(services)}`);
      for (const name of names) {
        const expected = meetsCircle(graph, name) ? 'disabled' : 'enabled';
        seen[expected === 'disabled' ? 'circles' : 'served']++;
        const found = [configuration.services, configuration.routers].map((all) => all.get(`${name}@file`)?.status);
        assert.deepEqual(found, [expected, expected], `round ${round}, ${name}: ${JSON.stringify([...graph])}`);
      }
    }
    assert.ok(seen.circles > 500 && seen.served > 500, JSON.stringify(seen));
  });

  test('routers in layers never lead back to themselves', () => {
    const random = new Random(7);
    let cut = 0;
    for (let round = 0; round < 300; round++) {
      const graph = randomGraph(random);
      const routers = [...graph].map(([name, parents]) => {
        const refs = random.chance(70) && parents.length > 0 ? `, parentRefs: [${parents.join(', ')}]` : '';
        return `${name}: { rule: Path(\`/${name}\`)${refs}${random.chance(50) ? ', service: s' : ''} }`;
      });
      const { configuration, findings } = check(
        `http:\n  routers:\n${indented(routers)}  services:\n    s: ${server}\n`,
      );
      cut += findings.filter(({ message }) => message.includes('cyclic reference')).length;
      const served = [...configuration.routers.values()].filter(({ status }) => status !== 'disabled');
      const children: Graph = new Map(served.map(({ name, resolved }) => [name, resolved?.children ?? []]));
      for (const { name, resolved } of served) {
        assert.ok(!meetsCircle(children, name), `round ${round}, ${name}`);
        for (const child of resolved?.children ?? []) assert.ok(children.has(child), `${name} leads to ${child}`);
      }
    }
    assert.ok(cut > 20, String(cut));
  });
});
