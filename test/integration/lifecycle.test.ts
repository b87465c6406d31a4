// The command from its start to its end: signals, draining, exit codes.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { type Conversation, EchoBackend, ok, RawBackend } from '../support/backends.js';
import { Client, request } from '../support/client.js';
import { Command } from '../support/command.js';
import { ample, atMost, isInstrumented, timed, until } from '../support/deadline.js';
import { replaceFile } from '../support/deployment.js';
import { Load } from '../support/load.js';
import { everythingTo, startProxy, TestFolder } from '../support/proxy.js';

interface ServeOptions {
  readonly url: string;
  readonly install?: object;
  readonly lifeCycle?: { readonly graceTimeOut?: string; readonly requestAcceptGraceTimeout?: string };
}

/** Starts the command with a folder of its own; everything goes to one server. */
async function serve(folder: TestFolder, { url, install = {}, lifeCycle = {} }: ServeOptions): Promise<Command> {
  const filename = folder.file('dynamic.yml');
  await replaceFile(filename, everythingTo(url));
  const configFile = await folder.write('fairlead.yml', {
    entryPoints: { web: { address: '127.0.0.1:0', transport: { lifeCycle } } },
    ping: { entryPoint: 'web' },
    fairlead: { workers: 2 },
    ...install,
    providers: { file: { filename, watch: false } },
  });
  return new Command([`--configFile=${configFile}`]);
}

/** Answers `/slow` only when the test does, and everything else at once. */
const slowServer = (waiting: Conversation[]): Promise<RawBackend> =>
  RawBackend.start(async (conversation) => {
    for (let asked = await conversation.request(); asked !== undefined; asked = await conversation.request()) {
      if (asked.line.includes('/slow')) waiting.push(conversation);
      else conversation.send(ok);
    }
  });

/** Whether a connection to the port is refused. */
async function isRefused(port: number): Promise<boolean> {
  try {
    await (await Client.connect(port))[Symbol.asyncDispose]();
    return false;
  } catch (thrown) {
    assert.equal((thrown as NodeJS.ErrnoException).code, 'ECONNREFUSED');
    return true;
  }
}

describe('stopping', { concurrency: 2 }, () => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    test(`G1: by ${signal} lets running requests end, refuses connections, and ends well`, async () => {
      const waiting: Conversation[] = [];
      await using folder = await TestFolder.create();
      await using app = await slowServer(waiting);
      await using command = await serve(folder, { url: app.url });
      const port = await command.port();
      await using slow = await command.connect();
      await using kept = await command.connect();
      await slow.send(request('GET /slow'));
      assert.equal((await kept.ask(request('GET /'))).header('Connection'), undefined);
      await kept.send('GET / HTTP/1.1\r\n');
      const conversation = await until(() => waiting[0], 'the slow request arrives');
      command.signal(signal);
      await until(() => isRefused(port), 'new connections are refused');
      const last = await kept.ask('Host: a\r\n\r\n');
      assert.deepEqual([last.status, last.header('Connection')], [200, 'close']);
      assert.equal((await kept.closed()).ending, 'end');
      conversation.send(ok);
      const answer = await slow.response();
      assert.deepEqual([answer.text, answer.header('Connection')], ['ok', 'close']);
      assert.equal((await slow.closed()).ending, 'end');
      assert.deepEqual(await command.ended(), { code: 0, signal: null });
      assert.doesNotMatch(command.output, /cut|error|Error/);
    });
  }

  test('answers one more request of a client that could not be told', async () => {
    const waiting: Conversation[] = [];
    await using folder = await TestFolder.create();
    await using app = await slowServer(waiting);
    await using command = await serve(folder, { url: app.url });
    const port = await command.port();
    await using client = await command.connect();
    await client.send(request('GET /slow'));
    const conversation = await until(() => waiting[0], 'the slow request arrives');
    conversation.send('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello');
    assert.equal((await client.head()).header('Connection'), undefined);
    command.signal('SIGTERM');
    await until(() => isRefused(port), 'new connections are refused');
    conversation.send('world');
    assert.equal((await client.reader.take(10)).toString(), 'helloworld');
    const last = await client.ask(request('GET /'));
    assert.deepEqual([last.status, last.header('Connection')], [200, 'close']);
    assert.deepEqual(await command.ended(), { code: 0, signal: null });
  });

  test('goes on accepting for requestAcceptGraceTimeout, while ping says that it stops', async () => {
    await using folder = await TestFolder.create();
    await using app = await EchoBackend.start();
    const grace = atMost(2_000);
    const lifeCycle = { requestAcceptGraceTimeout: `${grace}ms` };
    await using command = await serve(folder, { url: app.url, lifeCycle });
    const port = await command.port();
    const statusOf = async (path: string): Promise<number> => {
      await using client = await Client.connect(port);
      return (await client.ask(request(`GET ${path}`, 'Connection: close'))).status;
    };
    assert.deepEqual([await statusOf('/ping'), await statusOf('/ready')], [200, 200]);
    command.signal('SIGTERM');
    const { took } = await timed(async () => {
      await until(async () => (await statusOf('/ping')) === 503, 'ping says so');
      assert.deepEqual([await statusOf('/ready'), await statusOf('/')], [503, 200]);
      await until(() => isRefused(port), 'new connections are refused');
    });
    assert.ok(took > grace - 500, `${took} ms`);
    assert.deepEqual(await command.ended(), { code: 0, signal: null });
  });

  test('cuts what takes longer than graceTimeOut', async () => {
    const waiting: Conversation[] = [];
    await using folder = await TestFolder.create();
    await using app = await slowServer(waiting);
    await using command = await serve(folder, { url: app.url, lifeCycle: { graceTimeOut: '700ms' } });
    await using slow = await command.connect();
    await slow.send(request('GET /slow'));
    await until(() => waiting.length === 1, 'the slow request arrives');
    command.signal('SIGTERM');
    const { took } = await timed(() => slow.closed());
    // By default it would be 10 s.
    assert.ok(took > 600 && took < atMost(8_000), `${took} ms`);
    assert.deepEqual(await command.ended(), { code: 0, signal: null });
    assert.match(command.output, /^1 connection was cut\.$/m);
  });

  test('G2: a second time ends at once', async () => {
    const waiting: Conversation[] = [];
    await using folder = await TestFolder.create();
    await using app = await slowServer(waiting);
    await using command = await serve(folder, { url: app.url, lifeCycle: { graceTimeOut: '60s' } });
    await using slow = await command.connect();
    await slow.send(request('GET /slow'));
    await until(() => waiting.length === 1, 'the slow request arrives');
    command.signal('SIGTERM');
    await until(() => command.output.includes('Once more stops at once.'), 'it says that it stops');
    command.signal('SIGTERM');
    assert.deepEqual(await command.ended(), { code: 1, signal: null });
  });
});

test('G1: stops under load lose no request', async () => {
  await using app = await EchoBackend.start();
  const one = async (): Promise<void> => {
    await using folder = await TestFolder.create();
    await using command = await serve(folder, { url: app.url });
    await using load = new Load(await command.port(), { mayRefuse: true });
    await until(() => load.answered > 50, 'load runs');
    command.signal('SIGTERM');
    await load.ended();
    assert.deepEqual(load.failures, []);
    assert.deepEqual(await command.ended(), { code: 0, signal: null });
    assert.doesNotMatch(command.output, /cut/);
  };
  // Starting Node takes several seconds of a processor under a sanitizer.
  const stops = isInstrumented ? 1 : 5;
  const lane = async (): Promise<void> => {
    for (let run = 0; run < stops; run++) await one();
  };
  await Promise.all([lane(), lane(), lane(), lane()]);
});

describe('signals while it serves', { concurrency: 2 }, () => {
  test('SIGUSR1 moves on to a new access log after the old one was moved away; no line is lost', async () => {
    await using folder = await TestFolder.create();
    await using app = await EchoBackend.start();
    const install = { accessLog: { filePath: folder.file('logs/access.log') } };
    await using command = await serve(folder, { url: app.url, install });
    await using load = new Load(await command.port());
    await until(() => existsSync(folder.file('logs/access.log')), 'there is a log');
    await folder.lines('logs/access.log', 10);
    for (let rotation = 1; rotation <= 3; rotation++) {
      await rename(folder.file('logs/access.log'), folder.file(`logs/access.log.${rotation}`));
      command.signal('SIGUSR1');
      await until(() => existsSync(folder.file('logs/access.log')), 'there is a new file');
      await folder.lines('logs/access.log', 10);
    }
    await load.stop();
    assert.deepEqual(load.failures, []);
    command.signal('SIGTERM');
    assert.equal((await command.ended()).code, 0);
    const files = await Promise.all(
      ['access.log', 'access.log.1', 'access.log.2', 'access.log.3'].map((name) => folder.lines(`logs/${name}`)),
    );
    const lines = files.flat();
    assert.equal(lines.length, load.answered);
    for (const line of lines) assert.match(line, /^127\.0\.0\.1 - - \[[^\]]+\] "GET \/load HTTP\/1\.1" 200 /);
  });

  test('SIGHUP reads the files again', async () => {
    await using folder = await TestFolder.create();
    await using one = await EchoBackend.start('one');
    await using two = await EchoBackend.start('two');
    await using command = await serve(folder, { url: one.url });
    const port = await command.port();
    await replaceFile(folder.file('dynamic.yml'), everythingTo(two.url));
    const name = async (): Promise<string> => {
      await using client = await Client.connect(port);
      return (await client.ask(request('GET /'))).echoed.name;
    };
    assert.equal(await name(), 'one');
    command.signal('SIGHUP');
    await until(async () => (await name()) === 'two', 'the new file serves');
    command.signal('SIGTERM');
    assert.equal((await command.ended()).code, 0);
  });
});

describe('exit codes', { concurrency: 2 }, () => {
  const cases: readonly (readonly [string, readonly string[], number, RegExp])[] = [
    ['version', ['version'], 0, /^fairlead \d/],
    ['help', ['--help'], 0, /fairlead/],
    ['an unknown command', ['serve'], 64, /unknown command "serve"/],
    ['an unknown flag', ['--entryPoint.web.address=:80'], 64, /entryPoints/],
    ['a file that is not there', ['--configFile=/does/not/exist.yml'], 1, /\/does\/not\/exist\.yml/],
    ['a wrong value', ['--entryPoints.web.address=nonsense'], 1, /FL6001 .*flag --entryPoints\.web\.address/],
    [
      'check of nothing wrong',
      ['check', '--entryPoints.web.address=:8080'],
      0,
      /the configuration is usable .*1 entry point/,
    ],
  ];
  for (const [name, args, code, said] of cases) {
    test(name, async () => {
      await using folder = await TestFolder.create();
      await using command = new Command(args, { directory: folder.path });
      const ended = await command.ended();
      assert.match(command.output, said);
      assert.deepEqual(ended, { code, signal: null });
    });
  }

  test('a port in use', async () => {
    await using app = await EchoBackend.start();
    await using command = new Command([`--entryPoints.web.address=127.0.0.1:${app.port}`]);
    assert.deepEqual(await command.ended(), { code: 1, signal: null });
    assert.match(command.output, new RegExp(`"web".*127\\.0\\.0\\.1:${app.port}.*in use`));
    assert.doesNotMatch(command.output, /^ {4}at /m);
  });
});

test('two proxies in one process go their own ways', async () => {
  await using one = await EchoBackend.start('one');
  await using two = await EchoBackend.start('two');
  await using first = await startProxy(everythingTo(one.url));
  await using second = await startProxy(everythingTo(two.url));
  const names = async (): Promise<readonly string[]> =>
    Promise.all([first, second].map(async (proxy) => (await proxy.ask(request('GET /'))).echoed.name));
  assert.deepEqual(await names(), ['one', 'two']);
  await first.proxy.apply(everythingTo(two.url));
  await second.proxy.apply(everythingTo(one.url));
  assert.deepEqual(await names(), ['two', 'one']);
  for (const { proxy } of [first, second]) await until(() => proxy.stats().responses2xx === 2, 'both are counted');
  await using load = new Load(second.port());
  await first.proxy.close();
  const before = load.answered;
  await until(() => load.answered > before + 20, 'the other one serves on', ample);
  await load.stop();
  assert.deepEqual(load.failures, []);
});
