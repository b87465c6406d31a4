import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import type { Explanation } from '../../../../lib/explain/explanation.js';
import type { ExplainRequest } from '../../../../lib/explain/request.js';
import { invoke } from './world.js';

const well = 'providers: { file: { filename: d.yml } }\n';

const explanation: Explanation = {
  version: 1,
  request: {
    method: 'GET',
    url: 'http://a.example/x',
    entryPoint: 'web',
    client: '127.0.0.1',
    host: 'a.example',
    path: '/x',
  },
  router: {
    name: 'a@file',
    rule: 'Host(`a.example`)',
    priority: '17',
    entryPoints: ['web'],
    service: 's@file',
    place: 'd.yml:3:5',
  },
  middlewares: [{ name: 'm@file', type: 'addPrefix', effect: 'path /x → /p/x', path: { from: '/x', to: '/p/x' } }],
  services: [{ name: 's@file', type: 'loadBalancer', candidates: 1, chosen: 'http://s', because: 'there is no other' }],
  server: { url: 'http://s', method: 'GET', path: '/p/x', host: 'a.example', headers: [] },
  nearMisses: [
    {
      router: 'b@file',
      rule: 'Path(`/y`)',
      priority: '10',
      kind: 'rule',
      because: 'Path(`/y`) does not hold: the path is "/x"',
    },
  ],
};

test('explain prints the way of the request', async () => {
  const asked: (readonly ExplainRequest[])[] = [];
  const api = {
    explain: async (_: unknown, requests: readonly ExplainRequest[]) => {
      asked.push(requests);
      return [explanation];
    },
  };
  const args = ['explain', 'http://a.example/x', '-H', 'X-A: 1', '--client=10.0.0.1', '--configFile=a.yml'];
  const { code, printed } = await invoke(args, api, { 'a.yml': well });
  assert.equal(code, 0);
  assert.deepEqual(asked, [
    [{ url: 'http://a.example/x', method: 'GET', headers: [['X-A', '1']], client: '10.0.0.1' }],
  ]);
  assert.equal(
    printed,
    `GET http://a.example/x
  entry point   web
  client        127.0.0.1
  router        a@file (priority 17)  d.yml:3:5
                Host(\`a.example\`)
  middlewares   m@file (addPrefix): path /x → /p/x
  service       s@file (loadBalancer of 1)
  server        http://s (there is no other)
  is sent       GET /p/x, Host: a.example

Came close, too:
  b@file (priority 10)
    Path(\`/y\`)
    Path(\`/y\`) does not hold: the path is "/x"
`,
  );
});

test('explain --json prints data', async () => {
  const api = { explain: async () => [explanation] };
  const { printed } = await invoke(['explain', 'GET', '/x', '--json', '--configFile=a.yml'], api, { 'a.yml': well });
  assert.deepEqual(JSON.parse(printed), explanation);
});

test('explain ends with 64 when it cannot be understood', async () => {
  for (const args of [['explain'], ['explain', 'a', 'b', 'c'], ['explain', '/', '-H', 'nonsense']]) {
    assert.equal((await invoke(args)).code, 64, args.join(' '));
  }
});

test('explain --running asks the API', async (context) => {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    response.end(JSON.stringify(explanation));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  context.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const args = ['explain', 'POST', 'http://a/', '-H', 'X-A: 1', `--running=http://127.0.0.1:${port}/`, '--json'];
  const { code, printed } = await invoke(args);
  assert.deepEqual([code, JSON.parse(printed)], [0, explanation]);
  assert.deepEqual(asked, ['/api/explain?url=http%3A%2F%2Fa%2F&method=POST&header=X-A%3A+1']);
});

test('explain --running says where the API would have to be', async () => {
  const { code, told } = await invoke(['explain', '/', '--running', '--configFile=a.yml'], {}, { 'a.yml': well });
  assert.equal(code, 1);
  assert.match(told, /write --running=http:\/\/host:port/);
});
