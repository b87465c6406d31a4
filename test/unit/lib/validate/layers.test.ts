import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Configuration } from '../../../../lib/merge/model.js';
import { mostLayers } from '../../../../lib/validate/layers.js';
import { check, entryPoint, settings } from './checked.js';

const service = 's: { loadBalancer: { servers: [{ url: http://10.0.0.1 }] } }';

/** Routers given as `name: parents, rest`. */
const layered = (...routers: readonly string[]) =>
  check(`
http:
  routers:
${routers.map((router) => `    ${router}`).join('\n')}
  services:
    ${service}
`).configuration;

const statuses = ({ routers }: Configuration): Record<string, string> =>
  Object.fromEntries([...routers.values()].map(({ name, status }) => [name.replace('@file', ''), status]));
const errors = ({ routers }: Configuration, name: string): readonly string[] =>
  routers.get(`${name}@file`)?.errors ?? [];
const children = ({ routers }: Configuration, name: string) => routers.get(`${name}@file`)?.resolved?.children;

const root = 'root: { rule: Host(`a`) }';
const child = (name: string, parents: string, more = ', service: s'): string =>
  `${name}: { rule: Path(\`/${name}\`), parentRefs: [${parents}]${more} }`;

test('a router with children needs no service, and is where they are', () => {
  const configuration = layered(root, child('b', 'root'), child('a', 'root@file'));
  assert.deepEqual(statuses(configuration), { root: 'enabled', b: 'enabled', a: 'enabled' });
  assert.deepEqual(children(configuration, 'root'), ['b@file', 'a@file']);
  assert.deepEqual(configuration.routers.get('root@file')?.resolved?.entryPoints, ['web', 'websecure']);
  const below = configuration.routers.get('a@file')?.resolved;
  assert.deepEqual([below?.entryPoints, below?.parents, below?.service], [[], ['root@file'], 's@file']);
});

test('a child may stand below several parents and several layers down', () => {
  const configuration = layered(
    root,
    'other: { rule: Host(`b`) }',
    child('mid', 'root, other', ''),
    child('leaf', 'mid'),
  );
  assert.deepEqual(Object.values(statuses(configuration)), ['enabled', 'enabled', 'enabled', 'enabled']);
  assert.deepEqual(configuration.routers.get('mid@file')?.resolved?.parents, ['root@file', 'other@file']);
  assert.deepEqual(children(configuration, 'other'), ['mid@file']);
});

test('a parent that its entry points split is all of its parts', () => {
  const inner = [entryPoint('web', 80, { middlewares: ['m'] }), entryPoint('other', 81)];
  const { configuration } = check(
    `
http:
  routers: { ${root}, ${child('leaf', 'root')} }
  services: { ${service} }
  middlewares: { m: { addPrefix: { prefix: /x } } }
`,
    { settings: settings({}, ...inner) },
  );
  const parents = configuration.routers.get('leaf@file')?.config?.parentRefs;
  assert.deepEqual(parents, ['root@file', 'web-root@file']);
});

describe('what is wrong with layers disables the smallest part:', () => {
  const cases: readonly (readonly [
    name: string,
    routers: readonly string[],
    statuses: Readonly<Record<string, string>>,
    at: string,
    errors: readonly string[],
  ])[] = [
    [
      'an unknown parent',
      [root, child('a', 'root'), child('b', 'rot')],
      { root: 'enabled', a: 'enabled', b: 'disabled' },
      'b',
      ['parent router "rot@file" does not exist', 'router is not reachable'],
    ],
    [
      'one unknown parent of two',
      [root, child('a', 'root'), child('b', 'root, rot')],
      { root: 'enabled', a: 'enabled', b: 'disabled' },
      'b',
      ['parent router "rot@file" does not exist'],
    ],
    [
      'options of a root',
      [root, child('a', 'root'), child('b', 'root', ', service: s, tls: {}, entryPoints: [web], observability: {}')],
      { root: 'enabled', a: 'enabled', b: 'disabled' },
      'b',
      [
        'non-root router cannot have TLS configuration',
        'non-root router cannot have Observability configuration',
        'non-root router cannot have Entrypoints configuration',
      ],
    ],
    [
      'a circle away from every root',
      [root, child('a', 'root'), child('b', 'c', ''), child('c', 'b', '')],
      { root: 'enabled', a: 'enabled', b: 'disabled', c: 'disabled' },
      'b',
      ['router is not reachable'],
    ],
    [
      'a circle below a root',
      [root, child('a', 'root, c', ''), child('b', 'a', ''), child('c', 'b', ''), child('d', 'c')],
      { root: 'enabled', a: 'enabled', b: 'enabled', c: 'warning', d: 'enabled' },
      'c',
      ['cyclic reference detected in router tree: a@file -> b@file -> c@file -> a@file'],
    ],
    [
      'a circle without a way out',
      [root, child('a', 'root, b', ''), child('b', 'a', ''), child('c', 'a')],
      { root: 'enabled', a: 'enabled', b: 'disabled', c: 'enabled' },
      'b',
      [
        'cyclic reference detected in router tree: a@file -> b@file -> a@file',
        'router has no service and no child routers',
      ],
    ],
    ['itself as a parent', [child('a', 'a')], { a: 'disabled' }, 'a', ['router is not reachable']],
    [
      'no destination',
      [root, child('a', 'root', '')],
      { root: 'warning', a: 'disabled' },
      'a',
      ['router has no service and no child routers'],
    ],
    [
      'two destinations',
      ['root: { rule: Host(`a`), service: s }', child('a', 'root')],
      { root: 'disabled', a: 'disabled' },
      'root',
      ['router has both a service and is referenced as a parent by other routers'],
    ],
    [
      'a parent that is disabled',
      ['root: { rule: Hots(`a`) }', child('a', 'root'), child('b', 'a')],
      { root: 'disabled', a: 'disabled', b: 'disabled' },
      'b',
      ['parent router "a@file" is disabled: router has both a service and is referenced as a parent by other routers'],
    ],
    [
      'one disabled parent of two',
      ['root: { rule: Hots(`a`) }', 'other: { rule: Host(`b`) }', child('a', 'root, other')],
      { root: 'disabled', other: 'enabled', a: 'enabled' },
      'a',
      [],
    ],
    [
      'children that are all disabled: the parent still guards its requests',
      [root, child('a', 'root', ', service: unknown')],
      { root: 'warning', a: 'disabled' },
      'root',
      ['none of the child routers is served'],
    ],
  ];
  for (const [name, routers, expected, at, messages] of cases) {
    test(name, () => {
      const configuration = layered(...routers);
      assert.deepEqual(statuses(configuration), expected);
      assert.deepEqual(errors(configuration, at), messages);
    });
  }

  test('layers without end', () => {
    const chain = (length: number) => [
      root,
      ...Array.from({ length }, (_, at) => child(`c${at}`, at === 0 ? 'root' : `c${at - 1}`, '')),
      child('leaf', `c${length - 1}`),
    ];
    assert.equal(statuses(layered(...chain(mostLayers - 1)))['leaf'], 'enabled');
    assert.deepEqual(errors(layered(...chain(mostLayers)), 'leaf'), [
      `router is nested deeper than ${mostLayers} layers`,
    ]);
    assert.equal(statuses(layered(...chain(20_000)))['leaf'], 'disabled');
  });
});

test('of two children with the same rule one is never reached, and is told so', () => {
  const configuration = layered(
    root,
    'a: { rule: Path(`/x`), parentRefs: [root], service: s }',
    'b: { rule: Path(`/x`), parentRefs: [root], service: s }',
    'c: { rule: Path(`/x`), service: s }',
  );
  assert.deepEqual(errors(configuration, 'b'), [
    'router "b@file" is never reached below "root@file": "a@file" has the same rule and its name comes first',
  ]);
  assert.deepEqual(statuses(configuration), { root: 'enabled', a: 'enabled', b: 'warning', c: 'enabled' });
});
