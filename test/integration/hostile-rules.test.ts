// Rules that were made to hurt: bombs, and what a hostile tenant may write. They are refused alone or cost little, and
// everybody else is served.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { performance } from 'node:perf_hooks';
import { describe, test } from 'node:test';
import { within } from '../support/deadline.js';
import { startProxy, type TestProxy } from '../support/proxy.js';
import { asked } from '../support/route-trials.js';

const many = (count: number, text: (index: number) => string, joint: string): string =>
  Array.from({ length: count }, (_, index) => text(index)).join(joint);

const hostile: readonly (readonly [name: string, rule: string, fate: 'served' | 'refused'])[] = [
  ['nested repeats', 'HostRegexp(`^(a+)+$`)', 'served'],
  ['ambiguous alternatives', 'PathRegexp(`^/(a|a|aa)*b$`)', 'served'],
  ['a state for every subset', 'PathRegexp(`(a|b)*a(a|b){60}$`)', 'served'],
  ['repeats that multiply', 'HostRegexp(`((a{100}){100}){100}`)', 'refused'],
  ['a program of megabytes', 'PathRegexp(`((\\pL{100}){10}){1}((\\pN{100}){10}){1}((\\pL{1000}))`)', 'refused'],
  ['parentheses without end', `${'('.repeat(70)}Path(\`/\`)${')'.repeat(70)}`, 'refused'],
  ['groups without end', `PathRegexp(\`${'('.repeat(300)}a${')'.repeat(300)}\`)`, 'refused'],
  ['negations without end', `${'!'.repeat(100)}Path(\`/x\`)`, 'refused'],
  ['ten thousand hosts', many(10_000, (index) => `Host(\`h${index}\`)`, ' || '), 'served'],
  ['more matchers than may be', many(10_001, (index) => `Host(\`h${index}\`)`, ' || '), 'refused'],
  [
    'pairs that multiply',
    `(${many(300, (index) => `Host(\`h${index}\`)`, ' || ')}) && (${many(300, (index) => `Path(\`/${index}\`)`, ' || ')})`,
    'served',
  ],
  ['a megabyte', `Path(\`/${'a'.repeat(1024 * 1024)}\`)`, 'refused'],
  ['line breaks in a header', 'Header("X-A\\r\\nX-B: 1", "b\\r\\n\\r\\n")', 'served'],
  ['line breaks in a host', 'Host("a\\r\\nb")', 'served'],
  ['a zero byte', 'Path("/a\\x00b")', 'served'],
  ['bytes that are no text', 'Path("/\\xff\\xfe")', 'refused'],
  ['a path upwards', 'Path(`/../../etc/passwd`) || PathPrefix(`/..%2f..`)', 'served'],
  ['look-behind', 'HostRegexp(`(?<=a)b`)', 'refused'],
  ['a back-reference', 'PathRegexp(`(a)\\1`)', 'refused'],
];

describe('one hostile rule (E12, F13)', () => {
  for (const [name, rule, fate] of hostile) {
    test(`${name} is ${fate}, and its neighbour is served`, async () => {
      const good = { rule: 'Host(`good`)', service: 'noop@internal', priority: 1 };
      await using proxy = await startProxy({ http: { routers: { good } } });
      const bad = { rule, service: 'noop@internal', priority: 2 };
      const { diagnostics } = await proxy.proxy.apply({ http: { routers: { good, bad } } });
      const refused = diagnostics.some(({ severity }) => severity === 'error');
      assert.equal(
        refused ? 'refused' : 'served',
        fate,
        diagnostics.map(({ message }) => message.slice(0, 200)).join(),
      );
      for (const path of ['/', `/${'a'.repeat(5_000)}c`, `/${'ab'.repeat(2_500)}`])
        assert.equal((await proxy.ask(`GET ${path} HTTP/1.1\r\nHost: good\r\n\r\n`)).status, 418);
    });
  }
});

/** Milliseconds for so many requests one behind the other. */
async function timed(proxy: TestProxy, host: string, count: number): Promise<number> {
  const socket = connect({ host: '127.0.0.1', port: proxy.port() });
  await within(once(socket, 'connect'), 'a connection');
  const requests = Array.from({ length: count }, () => `GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
  const start = performance.now();
  await within(asked(socket, requests), 'answers', 120_000);
  socket.destroy();
  return performance.now() - start;
}

test('ten thousand patterns are not tried one by one (E12)', async () => {
  await using proxy = await startProxy({});
  const routers = (count: number) =>
    Object.fromEntries(
      Array.from({ length: count }, (_, index) => [
        `r${index}`,
        { rule: `HostRegexp(\`^(a+)+t${index}([a-z]+)*-\`)`, service: 'noop@internal' },
      ]),
    );
  const best = async (count: number): Promise<number> => {
    await proxy.proxy.apply({ http: { routers: routers(count) } });
    const host = `${'a'.repeat(150)}.com`;
    const times = [];
    for (let round = 0; round < 4; round++) times.push(await timed(proxy, host, 300));
    return Math.min(...times);
  };
  const few = await best(10);
  const all = await best(10_000);
  // One by one it would be a hundred times as much and more.
  assert.ok(all < 25 * few + 100, `${few} ms with 10 routers, ${all} ms with 10,000`);
  assert.equal((await proxy.ask('GET / HTTP/1.1\r\nHost: aat77xyz-1\r\n\r\n')).status, 418);
  assert.equal((await proxy.ask('GET / HTTP/1.1\r\nHost: aat10000-1\r\n\r\n')).status, 404);
});
