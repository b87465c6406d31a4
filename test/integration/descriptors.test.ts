import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { describe, test } from 'node:test';
import { EchoBackend } from '../support/backends.js';
import { Client, request, responseOrEnding } from '../support/client.js';
import { Command } from '../support/command.js';
import { until } from '../support/deadline.js';
import { everythingTo, TestFolder } from '../support/proxy.js';

/** Files that the process may have open from now on. */
async function limitDescriptors(pid: number, count: number): Promise<void> {
  const limiting = spawn('prlimit', [`--pid=${pid}`, `--nofile=${count}:`]);
  await until(() => limiting.exitCode === 0, 'the limit is set');
}

describe('a process that may open no more files', () => {
  test('goes on serving those it has, turns others away, and recovers by itself', async () => {
    await using app = await EchoBackend.start();
    await using folder = await TestFolder.create();
    const dynamic = await folder.write('dynamic.yml', everythingTo(app.url));
    const install = await folder.write('fairlead.yml', {
      entryPoints: { web: { address: '127.0.0.1:0' } },
      providers: { file: { filename: dynamic, watch: false } },
      fairlead: { workers: 1 },
    });
    await using command = new Command([`--configFile=${install}`]);
    const port = await command.port();
    await using early = await Client.connect(port);
    assert.equal((await early.ask(request('GET /'))).status, 200);
    await limitDescriptors(command.pid, 100);
    const crowd = await Promise.all(Array.from({ length: 150 }, () => Client.connect(port)));
    const answers = crowd.map(async (client) => {
      client.socket.on('error', () => undefined);
      client.socket.write(request('GET /'));
      const answer = await responseOrEnding(client);
      return typeof answer === 'string' ? answer : answer.status;
    });
    const outcomes = await Promise.all(answers);
    assert.ok(
      outcomes.every((outcome) => ['end', 'reset', 200, 502, 503].includes(outcome)),
      outcomes.join(),
    );
    assert.ok(
      outcomes.some((outcome) => typeof outcome === 'string'),
      outcomes.join(),
    );
    assert.equal((await early.ask(request('GET /'))).status, 200);
    for (const client of crowd) client.socket.destroy();
    await until(async () => {
      await using client = await Client.connect(port);
      client.socket.write(request('GET /'));
      const answer = await responseOrEnding(client);
      return typeof answer !== 'string' && answer.status === 200;
    }, 'it serves new clients again');
  });
});
