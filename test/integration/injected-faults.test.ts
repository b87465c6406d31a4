// System calls that fail where they seldom do (E1, E2, E9): requests go on or are refused in order, the process lives, nothing
// spins, and everything is as before afterwards.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { EchoBackend } from '../support/backends.js';
import { Client, request, responseOrEnding } from '../support/client.js';
import { Command } from '../support/command.js';
import { until } from '../support/deadline.js';
import { Injection, injectionImpossible, processorSeconds } from '../support/injection.js';
import { everythingTo, TestFolder } from '../support/proxy.js';

type Outcome = number | 'open' | 'end' | 'reset';

/** What is failed, and what may come of requests meanwhile; 200 always may. */
const rules: readonly (readonly [rule: string, may: readonly Outcome[]])[] = [
  // Never the last: a call that strace has taken over when it lets go returns ENOSYS, which no kernel does to epoll_wait.
  ['epoll_wait:error=EINTR:when=1..15+2', []],
  ['recvfrom:error=EINTR:when=1+2', []],
  ['sendto:error=EINTR:when=1+2', []],
  ['accept4:error=EINTR:when=1+2', []],
  ['accept4:error=ECONNABORTED:when=1+2', []],
  ['accept4:error=EMFILE:when=1+3', ['end', 'reset']],
  ['accept4:error=ENFILE:when=1+3', ['end', 'reset']],
  ['accept4:error=ENOBUFS:when=1+3', ['end', 'reset']],
  ['accept4:error=ENOMEM:when=1+3', ['end', 'reset']],
  ['recvfrom:error=ENOBUFS:when=1+3', ['end', 'reset', 502]],
  ['recvfrom:error=ECONNRESET:when=1+3', ['end', 'reset', 502]],
  ['sendto:error=ENOBUFS:when=1+3', ['end', 'reset', 502]],
  ['sendto:error=EPIPE:when=1+3', ['end', 'reset', 502]],
  ['sendto:error=ECONNRESET:when=1+3', ['end', 'reset', 502]],
  ['socket:error=EMFILE:when=1+2', [502, 503]],
  ['socket:error=ENOBUFS:when=1+2', [502, 503]],
  ['connect:error=EADDRNOTAVAIL:when=1+2', [502, 503]],
  ['connect:error=ECONNREFUSED:when=1+2', [502, 503]],
  ['connect:error=ENETUNREACH:when=1+2', [502, 503]],
  ['connect:error=ETIMEDOUT:when=1+2', [502, 503, 504]],
  ['getsockopt:error=ENOBUFS:when=1+2', [502, 503]],
  ['setsockopt:error=ENOBUFS:when=1+2', ['end', 'reset', 502]],
  ['epoll_ctl:error=ENOSPC:when=1+3', ['end', 'reset', 502, 503]],
  ['epoll_ctl:error=ENOMEM:when=1+3', ['end', 'reset', 502, 503]],
];

/** Requests on connections of their own, and on one that is kept as long as it lasts. */
async function outcomes(port: number): Promise<readonly Outcome[]> {
  const seen: Outcome[] = [];
  const ask = async (client: Client, ...fields: readonly string[]): Promise<void> => {
    client.socket.on('error', () => undefined);
    client.socket.write(request('GET /', ...fields));
    const answer = await responseOrEnding(client);
    seen.push(typeof answer === 'string' ? answer : answer.status);
  };
  await using kept = await Client.connect(port);
  const fresh = async (): Promise<void> => {
    await using client = await Client.connect(port);
    await ask(client, 'Connection: close');
  };
  for (let i = 0; i < 8; i++) {
    await Promise.all([fresh(), fresh()]);
    if (kept.reader.ending === 'open') await ask(kept);
  }
  return seen;
}

const impossible = injectionImpossible();

describe('a system call that fails', { skip: impossible ?? false }, () => {
  let folder: TestFolder;
  let app: EchoBackend;
  let command: Command;
  let port = 0;

  before(async () => {
    folder = await TestFolder.create();
    app = await EchoBackend.start();
    // Every request takes a new connection.
    app.server.maxRequestsPerSocket = 1;
    const dynamic = await folder.write('dynamic.yml', everythingTo(app.url));
    const install = await folder.write('fairlead.yml', {
      entryPoints: { web: { address: '127.0.0.1:0' } },
      providers: { file: { filename: dynamic, watch: false } },
      fairlead: { workers: 1 },
    });
    command = new Command([`--configFile=${install}`]);
    port = await command.port();
  });
  after(async () => {
    await command[Symbol.asyncDispose]();
    await app[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  const recovers = (): Promise<unknown> =>
    until(async () => (await outcomes(port)).every((outcome) => outcome === 200), 'everything is as before');

  for (const [rule, may] of rules) {
    test(`${rule}: ${may.length === 0 ? 'no request notices' : 'requests may fail, in order'}`, async () => {
      {
        await using injection = await Injection.start(command.pid, rule);
        const seen = await outcomes(port);
        assert.ok((await injection.end()) > 0);
        assert.ok(
          seen.every((outcome) => outcome === 200 || may.includes(outcome)),
          seen.join(),
        );
      }
      await recovers();
    });
  }

  for (const rule of ['accept4:error=EMFILE', 'accept4:error=ENOBUFS', 'socket:error=EMFILE']) {
    test(`E1: ${rule} without end does not spin, and ends with its cause`, async () => {
      const clients: Client[] = [];
      {
        await using _ = await Injection.start(command.pid, rule);
        for (let i = 0; i < 10; i++) clients.push(await Client.connect(port));
        for (const { socket } of clients) socket.on('error', () => undefined).write(request('GET /'));
        await delay(300);
        const used = await processorSeconds(command.pid);
        await delay(2000);
        const more = (await processorSeconds(command.pid)) - used;
        assert.ok(more < 0.5, `${more} s of processor time in 2 s`);
      }
      for (const { socket } of clients) socket.destroy();
      await recovers();
    });
  }

  test('and the process has not ended', () => {
    assert.equal(command.child.exitCode, null);
    assert.doesNotMatch(command.output, /Error|assert/);
  });
});
