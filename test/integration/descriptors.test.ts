import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { EchoBackend, ok, RawBackend } from '../support/backends.js';
import { Client, request, responseOrEnding } from '../support/client.js';
import { Command } from '../support/command.js';
import { isInstrumented, until } from '../support/deadline.js';
import { everythingTo, TestFolder } from '../support/proxy.js';

/** Files that the process may have open from now on. */
async function limitDescriptors(pid: number, count: number): Promise<void> {
  const limiting = spawn('prlimit', [`--pid=${pid}`, `--nofile=${count}:`]);
  await until(() => limiting.exitCode === 0, 'the limit is set');
}

async function serve(folder: TestFolder, url: string): Promise<Command> {
  const dynamic = await folder.write('dynamic.yml', everythingTo(url));
  const install = await folder.write('fairlead.yml', {
    entryPoints: { web: { address: '127.0.0.1:0' } },
    providers: { file: { filename: dynamic, watch: false } },
    log: { level: 'WARN' },
    fairlead: { workers: 1 },
  });
  return new Command([`--configFile=${install}`]);
}

/** Asks once; the status, or how the connection ended. */
async function askOnce(port: number): Promise<number | string> {
  try {
    await using client = await Client.connect(port);
    client.socket.on('error', () => undefined);
    client.socket.write(request('GET /'));
    const answer = await responseOrEnding(client);
    return typeof answer === 'string' ? answer : answer.status;
  } catch (thrown) {
    return String(thrown);
  }
}

/** Seconds of processor time that the process has used. */
async function processorTime(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  const [user = '0', system = '0'] = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 13);
  return (Number(user) + Number(system)) / 100;
}

describe('a process that may open no more files', () => {
  test('turns clients away without a spin, keeps who is busy, and recovers by itself', async () => {
    await using app = await EchoBackend.start();
    await using folder = await TestFolder.create();
    await using command = await serve(folder, app.url);
    const port = await command.port();
    await using busy = await Client.connect(port);
    await busy.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbo');
    await until(() => app.connections === 1, 'the request has reached the server');
    await limitDescriptors(command.pid, 256);
    // The limit is looked at once a second.
    await delay(1200);

    const crowd: Client[] = [];
    const refused: string[] = [];
    for (let i = 0; i < 1000; i++) {
      const client = await Client.connect(port);
      client.socket.on('error', () => undefined);
      crowd.push(client);
    }
    await until(() => crowd.filter(({ reader }) => reader.ending !== 'open').length > 700, 'most are turned away');
    for (const { reader } of crowd) if (reader.ending !== 'open') refused.push(reader.ending);
    assert.ok(crowd.length - refused.length > 100, `${refused.length} of ${crowd.length} were turned away`);

    const [from, since] = [await processorTime(command.pid), performance.now()];
    await delay(2000);
    const share = (await processorTime(command.pid)) - from;
    assert.ok(
      share / ((performance.now() - since) / 1000) < (isInstrumented ? 1 : 0.2),
      `${share} s of processor time in 2 s`,
    );

    await busy.send('dy');
    assert.equal((await busy.response()).status, 200);
    const lines = command.output.split('\n').filter((line) => line.includes('may not open more files'));
    assert.ok(lines.length >= 1 && lines.length <= 3, command.output);

    for (const client of crowd) client.socket.destroy();
    await until(async () => (await askOnce(port)) === 200, 'it serves new clients again');
  });

  test('answers with 503 when there is none for a server, and what has one goes on', async () => {
    let release = (): void => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    await using app = await RawBackend.start(async (conversation) => {
      conversation.socket.on('error', () => undefined);
      if ((await conversation.request()) === undefined) return;
      await released;
      conversation.send(ok);
    });
    await using folder = await TestFolder.create();
    await using command = await serve(folder, app.url);
    const port = await command.port();
    await limitDescriptors(command.pid, 256);
    await delay(1200);
    // Nearly as many clients as there may be, and no connection to the server yet.
    const crowd: Client[] = [];
    for (let i = 0; i < 170; i++) {
      const client = await Client.connect(port);
      client.socket.on('error', () => undefined);
      crowd.push(client);
    }
    const statuses: number[] = [];
    const answers = crowd.map(async (client) => {
      client.socket.write(request('GET /'));
      const answer = await responseOrEnding(client);
      if (typeof answer !== 'string') statuses.push(answer.status);
    });
    await until(() => statuses.length >= 60, 'many cannot be forwarded');
    assert.deepEqual(
      statuses.filter((status) => status !== 503),
      [],
    );
    await until(() => app.requests.length > 10, 'some can');
    release();
    await Promise.all(answers);
    assert.ok(statuses.filter((status) => status === 200).length > 10);
    for (const client of crowd) client.socket.destroy();
  });

  test('closes idle connections first', async () => {
    await using app = await EchoBackend.start();
    await using folder = await TestFolder.create();
    await using command = await serve(folder, app.url);
    const port = await command.port();
    await limitDescriptors(command.pid, 256);
    await delay(1200);
    const idle: Client[] = [];
    for (let i = 0; i < 120; i++) {
      const client = await Client.connect(port);
      client.socket.on('error', () => undefined);
      idle.push(client);
      assert.equal((await client.ask(request('GET /'))).status, 200);
    }
    // Long enough for no request to be on its way.
    await delay(1200);
    for (let i = 0; i < 200; i++) assert.equal(await askOnce(port), 200);
    const others: Client[] = [];
    for (let i = 0; i < 120; i++) {
      const client = await Client.connect(port);
      client.socket.on('error', () => undefined);
      others.push(client);
      assert.equal((await client.ask(request('GET /'))).status, 200);
    }
    assert.ok(idle.some(({ reader }) => reader.ending !== 'open'));
    for (const client of [...idle, ...others]) client.socket.destroy();
  });
});
