// The examples that can be run as they are, run as a user would, and every URL requested that they speak of.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createServer, request as requestHttp, type RequestListener, type Server } from 'node:http';
import { request as requestHttps } from 'node:https';
import { createServer as createTcpServer } from 'node:net';
import { resolve } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import type { TLSSocket } from 'node:tls';
import { closedPort } from '../support/backends.js';
import { Command } from '../support/command.js';
import { ample, until, within } from '../support/deadline.js';

const root = resolve(import.meta.dirname, '../..');
const examples = resolve(root, 'examples');

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  /** Common name of the certificate, over TLS. */
  readonly certificate?: string | undefined;
}

/** Requests a URL; its host is asked for at the loopback address, as with `curl --resolve`. */
function get(url: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
  const { protocol, hostname, host, port, pathname } = new URL(url);
  const send = protocol === 'https:' ? requestHttps : requestHttp;
  const options = { host: '127.0.0.1', port, path: pathname, headers: { host, ...headers }, agent: false as const };
  const answer = new Promise<Answer>((done, failed) => {
    const asking = send({ ...options, servername: hostname, rejectUnauthorized: false }, (response) => {
      const parts: Buffer[] = [];
      const socket = response.socket as Partial<TLSSocket>;
      const name = socket.getPeerCertificate?.().subject.CN;
      const certificate = typeof name === 'string' ? name : name?.[0];
      response.on('error', failed).on('data', (part: Buffer) => parts.push(part));
      response.on('end', () => {
        const text = Buffer.concat(parts).toString();
        done({ status: response.statusCode ?? 0, headers: response.headers, text, certificate });
      });
    });
    asking.on('error', failed).end();
  });
  return within(answer, url);
}

const json = ({ text }: Answer): Record<string, unknown> => JSON.parse(text) as Record<string, unknown>;

/** A server on a port that an example names. */
async function serveOn(port: number, listener: RequestListener): Promise<Server & AsyncDisposable> {
  const server = createServer(listener);
  await new Promise<void>((done, failed) => server.once('error', failed).listen(port, '127.0.0.1', done));
  return Object.assign(server, {
    [Symbol.asyncDispose]: () =>
      new Promise<void>((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  });
}

/** The first of these ports that something listens on already. */
async function taken(ports: readonly number[]): Promise<number | undefined> {
  for (const port of ports) {
    const isFree = await new Promise<boolean>((done) => {
      const probe = createTcpServer().once('error', () => done(false));
      probe.listen(port, '127.0.0.1', () => probe.close(() => done(true)));
    });
    if (!isFree) return port;
  }
  return undefined;
}

/** Skips the test on a machine where something else has the ports. */
async function needs(ports: readonly number[], context: TestContext): Promise<boolean> {
  const port = await taken(ports);
  if (port !== undefined) context.skip(`port ${port} is taken`);
  return port === undefined;
}

test('the quickstart answers everything it invites to try, and ends when it is told to', async (context) => {
  if (!(await needs([8080, 8081, 8443, 9001, 9002], context))) return;
  const child = spawn(process.execPath, ['examples/quickstart/start.mjs'], { cwd: root });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  const ended = new Promise<number | null>((done) => child.once('close', done));
  try {
    await until(() => output.includes('Try in another terminal'), `it is ready; ${output}`, 2 * ample);

    const app = await get('http://app.localhost:8080/');
    assert.deepEqual([app.status, json(app)['backend'], json(app)['path']], [200, 'app', '/']);

    const api = await get('http://app.localhost:8080/api/users');
    const { backend, path, greeting } = json(api);
    assert.deepEqual([backend, path, greeting], ['api', '/users', 'hello from the proxy']);
    assert.equal(api.headers['x-served-by'], 'fairlead');

    const canary: unknown[] = [];
    for (let i = 0; i < 100; i++) canary.push(json(await get('http://canary.localhost:8080/'))['backend']);
    const share = canary.filter((name) => name === 'api').length;
    // Each worker keeps to 90:10 by itself, so the sum may be off by a request per worker.
    assert.ok(share >= 5 && share <= 15, `${share} of 100 requests reached the canary`);

    const redirect = await get('http://secure.localhost:8080/a');
    assert.deepEqual([redirect.status, redirect.headers['location']], [301, 'https://secure.localhost:8443/a']);

    const secure = await get('https://secure.localhost:8443/');
    assert.deepEqual([secure.status, json(secure)['scheme']], [200, 'https']);

    const chat = spawn(process.execPath, ['examples/quickstart/chat.mjs', 'hello there'], { cwd: root });
    const said: string[] = [];
    chat.stdout.setEncoding('utf8').on('data', (text: string) => said.push(text));
    await within(new Promise((done) => chat.once('close', done)), 'the chat ends');
    assert.equal(said.join(''), 'echo: hello there\n');

    const raw = json(await get('http://localhost:8081/api/rawdata'));
    assert.ok(Object.keys(raw['routers'] as object).includes('canary@file'));
    assert.equal((await get('http://localhost:8081/ready')).status, 200);
  } finally {
    child.kill('SIGTERM');
  }
  assert.equal(await within(ended, `it ends; ${output}`), 0);
});

describe('files written for Traefik run unchanged', () => {
  const echo =
    (name: string): RequestListener =>
    ({ url = '', headers }, response) => {
      response.setHeader('X-Powered-By', 'something');
      response.end(JSON.stringify({ name, url, headers }));
    };

  test('with every router, middleware and certificate in effect', async (context) => {
    if (!(await needs([9101, 9102, 9103, 9104], context))) return;
    await using _one = await serveOn(9101, echo('one'));
    await using _two = await serveOn(9102, echo('two'));
    await using _api = await serveOn(9103, echo('api'));
    const asked: unknown[] = [];
    await using _auth = await serveOn(9104, ({ url, headers }, response) => {
      asked.push([url, headers['x-forwarded-uri'], headers['x-forwarded-host']]);
      response.setHeader('X-Auth-User', 'ada');
      response.writeHead(headers['cookie'] === 'session=1' ? 200 : 403).end('no');
    });
    const [http, https, admin] = [await closedPort(), await closedPort(), await closedPort()];
    await using command = new Command(
      [
        `--entryPoints.web.address=127.0.0.1:${http}`,
        `--entryPoints.websecure.address=127.0.0.1:${https}`,
        `--entryPoints.traefik.address=127.0.0.1:${admin}`,
      ],
      { directory: resolve(examples, 'traefik') },
    );
    await command.port('traefik');

    await context.test('the redirection of an entry point', async () => {
      const { status, headers } = await get(`http://app.localhost:${http}/some/path`);
      assert.deepEqual([status, headers['location']], [301, `https://app.localhost:${https}/some/path`]);
    });

    await context.test('a host, two servers, the default certificate, the headers of the entry point', async () => {
      const answers = await Promise.all(Array.from({ length: 8 }, () => get(`https://app.localhost:${https}/`)));
      assert.deepEqual([...new Set(answers.map((answer) => json(answer)['name']))].sort(), ['one', 'two']);
      const [first] = answers;
      assert.equal(first?.certificate, 'default.localhost');
      assert.equal(first.headers['x-frame-options'], 'DENY');
      assert.equal(first.headers['strict-transport-security'], 'max-age=31536000; includeSubDomains');
      assert.equal(first.headers['x-powered-by'], undefined);
    });

    await context.test('forwardAuth, before the prefix is stripped', async () => {
      const url = `https://app.localhost:${https}/api/users`;
      const refused = await get(url);
      assert.deepEqual([refused.status, refused.text], [403, 'no']);
      const { name, url: path, headers } = json(await get(url, { cookie: 'session=1' }));
      const { host, 'x-auth-user': user, 'x-forwarded-prefix': prefix } = headers as Record<string, string>;
      assert.deepEqual([name, path, host, user, prefix], ['api', '/users', '127.0.0.1:9103', 'ada', '/api']);
      assert.deepEqual(asked[0], ['/check', '/api/users', `app.localhost:${https}`]);
    });

    await context.test('a weighted service, behind TLS options of its host', async () => {
      const answers = await Promise.all(Array.from({ length: 16 }, () => get(`https://www.shop.localhost:${https}/`)));
      const shares = answers.map((answer) => json(answer)['name']);
      assert.deepEqual([...new Set(shares)].sort(), ['api', 'one', 'two']);
    });

    await context.test('404 for what no router takes, the API, and ping', async () => {
      assert.equal((await get(`https://other.localhost:${https}/`)).status, 404);
      assert.equal((await get(`http://localhost:${admin}/ping`)).text, 'OK');
      const router = json(await get(`http://localhost:${admin}/api/http/routers/api@file`));
      assert.deepEqual([router['status'], router['rule']], ['enabled', 'Host(`app.localhost`) && PathPrefix(`/api`)']);
    });

    await context.test('nothing is complained about', () => {
      assert.doesNotMatch(command.output, /^(error|warning|notice) FL/m);
    });
  });
});

describe('embedding', () => {
  const programs = [
    { file: 'esm.mjs', expected: /it says: hello from \/users[\s\S]*now \/users is 404[\s\S]*closed, 0 connections/ },
    { file: 'commonjs.cjs', expected: /it says: hello from \// },
    { file: 'typescript.ts', expected: /would serve: [\s\S]*2 findings/, loader: ['--import', 'tsx'] },
  ];
  for (const { file, expected, loader = [] } of programs) {
    test(`${file} does what it says, and ends by itself`, async () => {
      const child = spawn(process.execPath, [...loader, `examples/embedding/${file}`], { cwd: root });
      let output = '';
      for (const stream of [child.stdout, child.stderr])
        stream.setEncoding('utf8').on('data', (text: string) => (output += text));
      const code = await within(new Promise((done) => child.once('close', done)), `it ends; ${output}`);
      assert.match(output, expected);
      assert.equal(code, 0);
    });
  }
});
