// The benchmark's own programs against each other: a generator that miscounts would make every figure wrong.
import assert from 'node:assert/strict';
import { mkdtempSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type Counts, type Load, generate, hold, lost } from '../../../bench/generator.js';
import { type NativePrograms, compileNative } from '../../../bench/native.js';
import { type Running, freePort, start, stop } from '../../../bench/processes.js';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const BODY = 1024;

let programs: NativePrograms;
let origin: Running;
let originPort: number;

before(async () => {
  programs = compileNative(join(ROOT, 'out', 'bench'));
  originPort = await freePort();
  origin = start(
    { argv: [programs.origin, String(BODY), String(originPort)] },
    0,
    mkdtempSync(join(tmpdir(), 'bench-')),
    true,
  );
  await new Promise((resolve) => origin.child.stdout?.once('data', resolve));
});

after(async () => stop(origin));

async function measured(load: Load, responseBytes = BODY, port = originPort): Promise<Counts> {
  return generate(programs.loadgen, load, { port, responseBytes, originPid: origin.pid }, 50, 200);
}

const loads: Readonly<Record<string, Load>> = {
  'keeps connections alive': { connections: 4 },
  'opens a connection per request': { connections: 4, reconnect: true },
  'uploads bodies': { connections: 2, uploadBytes: 1024 * 1024 },
  'echoes WebSocket messages': { connections: 4, websocket: true },
};

for (const [name, load] of Object.entries(loads)) {
  test(`${name} without an error`, async () => {
    const counts = await measured(load);
    assert.ok(counts.requests > 0, JSON.stringify(counts));
    assert.equal(lost(counts), 0, JSON.stringify(counts));
    assert.ok(counts.originCpu.ns > 0);
  });
}

test('keeps to a fixed rate', async () => {
  const { requests, seconds } = await measured({ connections: 8, rate: 1000 });
  // On a busy machine it falls behind and catches up; without a rate it sends some hundred times as many.
  assert.ok(requests > 0 && requests < 5 * 1000 * seconds, `${requests} in ${seconds} s`);
});

test('counts a response of another length as an error', async () => {
  const counts = await measured({ connections: 1 }, BODY - 1);
  assert.equal(counts.requests, 0);
  assert.ok(counts.framing > 0);
});

test('counts a closed port as refused', async () => {
  const counts = await measured({ connections: 1 }, BODY, await freePort());
  assert.equal(counts.requests, 0);
  assert.ok(counts.refused > 0);
});

test('counts a connection that ends before its response as reset', async () => {
  const server = createServer((socket) => {
    socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\n'));
    socket.on('error', () => socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  const counts = await measured({ connections: 1 }, BODY, address.port);
  server.close();
  assert.equal(counts.requests, 0);
  assert.ok(counts.reset > 0);
});

test('holds connections until they are released, and counts those cut meanwhile', async () => {
  const held = await hold(programs.loadgen, { connections: 100 }, { port: originPort, responseBytes: BODY });
  const counts = await held.release();
  assert.deepEqual([counts.opened, counts.requests, counts.closedIdle], [100, 100, 0]);
});
