// What befalls a process: clocks that jump, signals, being stopped, starved or killed.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { closedPort, type Conversation, EchoBackend, ok, RawBackend } from '../support/backends.js';
import { createCertificate } from '../support/certificates.js';
import { Client, request } from '../support/client.js';
import { Command } from '../support/command.js';
import { ample, isInstrumented, timed, until } from '../support/deadline.js';
import { FaultUpstream } from '../support/faults/upstream.js';
import { LoadProcess } from '../support/load-process.js';
import { everythingTo, TestFolder } from '../support/proxy.js';

interface ServeOptions {
  readonly url: string;
  readonly port?: number;
  readonly install?: Readonly<Record<string, unknown>>;
  readonly environment?: Readonly<Record<string, string>>;
}

async function serve(
  folder: TestFolder,
  { url, port = 0, install = {}, environment = {} }: ServeOptions,
): Promise<Command> {
  const { certificate, key } = createCertificate('a.example');
  const tls = { certificates: [{ certFile: certificate, keyFile: key }] };
  const filename = await folder.write('dynamic.yml', { ...everythingTo(url), tls });
  const configFile = await folder.write('fairlead.yml', {
    entryPoints: {
      web: { address: `127.0.0.1:${port}` },
      secure: { address: '127.0.0.1:0', http: { tls: {} } },
    },
    fairlead: { workers: 1 },
    ...install,
    providers: { file: { filename, watch: false } },
  });
  return new Command([`--configFile=${configFile}`], { environment });
}

const statusOn = async (port: number): Promise<number> => {
  await using client = await Client.connect(port);
  return (await client.ask(request('GET /', 'Connection: close'))).status;
};

describe('a process that is killed', () => {
  test('G3: comes back on the same port, and nothing of it is in the way', async () => {
    await using folder = await TestFolder.create();
    await using app = await FaultUpstream.start('answers');
    const port = await closedPort();
    for (let life = 0; life < 3; life++) {
      await using command = await serve(folder, { url: app.url, port });
      assert.equal(await command.port(), port);
      await using load = await LoadProcess.start({ port });
      command.signal('SIGKILL');
      assert.deepEqual(await command.ended(), { code: null, signal: 'SIGKILL' });
      assert.ok((await load.ended()).answered > 0);
    }
  });
});

const library = '/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1';

// A sanitizer wants to be the first library.
const noClock = isInstrumented ? 'a sanitizer watches' : !existsSync(library) && 'libfaketime is not installed';

describe('a clock that jumps', { skip: noClock }, () => {
  test('G10: by an hour or ten years, either way, ends nothing and fails nothing', async () => {
    const waiting: Conversation[] = [];
    await using folder = await TestFolder.create();
    await using app = await RawBackend.start(async (conversation) => {
      for (let asked = await conversation.request(); asked !== undefined; asked = await conversation.request()) {
        if (asked.line.includes('/slow')) waiting.push(conversation);
        else conversation.send(ok);
      }
    });
    const clock = await folder.write('clock', '+0');
    const environment = {
      LD_PRELOAD: library,
      FAKETIME_TIMESTAMP_FILE: clock,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    };
    await using command = await serve(folder, { url: app.url, environment });
    await using kept = await command.connect();
    await using slow = await command.connect();
    const securePort = await command.port('secure');
    assert.equal((await kept.ask(request('GET /'))).status, 200);
    await slow.send(request('GET /slow'));
    const conversation = await until(() => waiting[0], 'the slow request arrives');
    let idle: Client | undefined;
    for (const [jump, years] of [
      ['+3600s', 0],
      ['-3600s', 0],
      ['+10y', 10],
      ['-10y', -10],
      ['+0', 0],
    ] as const) {
      await writeFile(clock, jump);
      const year = new Date().getUTCFullYear() + years;
      await until(async () => {
        const date = (await kept.ask(request('GET /'))).header('date') ?? '';
        return Math.abs(new Date(date).getUTCFullYear() - year) <= 1;
      }, `the clock shows ${jump}`);
      await using secure = await Client.connect(securePort, { tls: { servername: 'a.example' } });
      assert.equal((await secure.ask(request('GET /'))).status, 200);
      assert.equal(await statusOn(await command.port()), 200);
      assert.equal(idle?.reader.ending ?? 'open', 'open');
      idle ??= await command.connect();
    }
    conversation.send(ok);
    assert.equal((await slow.response()).text, 'ok');
    await idle?.[Symbol.asyncDispose]();
    command.signal('SIGTERM');
    assert.deepEqual(await command.ended(), { code: 0, signal: null });
  });
});

describe('a process that does not run', () => {
  test('G11: for three seconds carries on with every connection', async () => {
    await using folder = await TestFolder.create();
    await using app = await FaultUpstream.start('answers');
    await using command = await serve(folder, { url: app.url });
    await using kept = await command.connect();
    assert.equal((await kept.ask(request('GET /'))).status, 200);
    await using load = await LoadProcess.start({ port: await command.port() });
    command.signal('SIGSTOP');
    await delay(3000);
    command.signal('SIGCONT');
    const { answered } = await load.report();
    await until(async () => (await load.report()).answered > answered + 20, 'load goes on');
    assert.deepEqual((await load.stop()).failures, []);
    assert.equal((await kept.ask(request('GET /'))).status, 200);
  });

  test('G12: but for a tenth of the time still keeps its deadlines', async () => {
    await using folder = await TestFolder.create();
    await using app = await EchoBackend.start();
    const install = { fairlead: { workers: 1, limits: { headTimeout: '1s' } } };
    await using command = await serve(folder, { url: app.url, install });
    const port = await command.port();
    let starving = true;
    const starve = async (): Promise<void> => {
      while (starving) {
        command.signal('SIGSTOP');
        await delay(90);
        command.signal('SIGCONT');
        await delay(10);
      }
    };
    const starvation = starve();
    await using client = await Client.connect(port);
    await client.send('GET / HTTP/1.1\r\n');
    const { result, took } = await timed(() => client.response());
    starving = false;
    await starvation;
    assert.equal(result.status, 408);
    assert.ok(took > 900 && took < ample, `${took} ms`);
    assert.equal(await statusOn(port), 200);
  });
});

test('G13: hundreds of SIGHUP, SIGUSR1 and SIGPIPE under load fail nothing', async () => {
  await using folder = await TestFolder.create();
  await using app = await FaultUpstream.start('answers');
  const install = { accessLog: { filePath: folder.file('access.log') } };
  await using command = await serve(folder, { url: app.url, install });
  await using load = await LoadProcess.start({ port: await command.port() });
  for (let i = 0; i < 300; i++) {
    for (const signal of ['SIGHUP', 'SIGUSR1', 'SIGPIPE'] as const) command.signal(signal);
    if (i % 20 === 0) await delay(10);
  }
  const { answered } = await load.report();
  await until(async () => (await load.report()).answered > answered + 20, 'load goes on');
  const { failures, answered: all } = await load.stop();
  assert.deepEqual(failures, []);
  await folder.lines('access.log', all);
  command.signal('SIGTERM');
  assert.deepEqual(await command.ended(), { code: 0, signal: null });
});
