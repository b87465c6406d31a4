import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { compileSticky, cookieName, cookieValue } from '../../../../lib/compile/sticky.js';
import { sticky } from '../../../../lib/schema/sticky.js';
import { compiled } from '../../../support/lib/compiled.js';

describe('a sticky cookie', () => {
  test('has the name and the values of Traefik', () => {
    assert.equal(cookieName(undefined, 'app@file'), '_fb0b0');
    assert.equal(cookieValue('http://10.0.0.1:8080'), 'cc3dd0c247d6ff41');
    const [cookie] = compileSticky({ cookie: sticky.parse({ cookie: {} }).cookie }, 'app@file', [
      'http://a',
      'http://b',
    ]);
    assert.deepEqual(cookie?.current, [cookieValue('http://a'), cookieValue('http://b')]);
    assert.deepEqual(
      cookie.former.map(({ value, candidate }) => [value, candidate]),
      [
        ['http://a', 0],
        ['fa933b6301a3defc', 0],
        ['c0a80fa88fd350c1', 0],
        ['http://b', 1],
        ['fa933b6301a3deff', 1],
        ['c0a80fa88fd350c4', 1],
      ],
    );
  });

  test('may be named by the user, within what a name may hold', () => {
    assert.equal(cookieName('lb', 'app@file'), 'lb');
    assert.equal(cookieName('my cookie;=é"', 'app@file'), 'my_cookie____');
  });

  const cases: readonly (readonly [written: object, attributes: string])[] = [
    [{}, '; Path=/'],
    [{ path: '' }, ''],
    [{ path: '/app' }, '; Path=/app'],
    [{ domain: '.Example.com' }, '; Path=/; Domain=Example.com'],
    [{ maxAge: 60 }, '; Path=/; Max-Age=60'],
    [{ maxAge: -1 }, '; Path=/; Max-Age=0'],
    [{ sameSite: 'Lax' }, '; Path=/; SameSite=Lax'],
    [{ sameSite: 'NONE', secure: true }, '; Path=/; Secure; SameSite=None'],
    [{ sameSite: 'strict' }, '; Path=/; SameSite=Strict'],
    [{ sameSite: '' }, '; Path=/'],
    [
      { secure: true, httpOnly: true, maxAge: 1, domain: 'a.b', path: '/x y', sameSite: 'lax' },
      '; Path=/x y; Domain=a.b; Max-Age=1; HttpOnly; Secure; SameSite=Lax',
    ],
  ];
  for (const [written, attributes] of cases) {
    test(`${JSON.stringify(written)} is set with "${attributes}"`, () => {
      const [cookie] = compileSticky(sticky.parse({ cookie: written }), 'app@file', []);
      assert.equal(cookie?.attributes, attributes);
    });
  }

  for (const written of [{ path: '/a;b' }, { path: '/é' }, { domain: 'a b' }, { domain: '-a' }, { sameSite: 'any' }]) {
    test(`is refused with ${JSON.stringify(written)}`, () => {
      assert.equal(sticky.safeParse({ cookie: written }).success, false);
    });
  }

  test('stands for the servers and children that are served, by their own names', async () => {
    const { snapshot } = await compiled(
      { entryPoints: { web: { address: ':80' } } },
      `http:
  routers:
    w: { rule: "Path(\`/w\`)", service: w }
    h: { rule: "Path(\`/h\`)", service: h }
  services:
    w: { weighted: { sticky: { cookie: true }, services: [ { name: none, weight: 0 }, { name: a }, { name: a@file } ] } }
    a: { loadBalancer: { sticky: { cookie: { name: lb } }, servers: [ { url: "http://x", weight: 0 }, { url: " http://y " } ] } }
    h: { loadBalancer: { strategy: hrw, sticky: { cookie: {} }, servers: [ { url: "http://y" } ] } }
    none: { loadBalancer: { servers: [] } }
`,
    );
    const cookieOf = (name: string) => snapshot.services.find((service) => service.name === name)?.sticky;
    assert.deepEqual(
      cookieOf('w@file')?.map(({ name, current }) => [name, current]),
      [[cookieName(undefined, 'w@file'), [cookieValue('a'), cookieValue('a@file')]]],
    );
    assert.deepEqual(
      cookieOf('a@file')?.map(({ name, current }) => [name, current]),
      [['lb', [cookieValue('http://y')]]],
    );
    assert.deepEqual(cookieOf('h@file'), []);
  });
});
