import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { test } from 'node:test';
import { isInstrumented } from '../support/deadline.js';

const program = fileURLToPath(new URL('../support/lib/few-ports.ts', import.meta.url));
/** A network of its own, with this many ports for outgoing connections to one server. */
const ports = 24;
const inFewPorts = [
  '-n',
  'sh',
  '-c',
  `ip link set lo up && echo "40000 ${40000 + ports - 1}" > /proc/sys/net/ipv4/ip_local_port_range && exec "$0" "$@"`,
];
const possible = spawnSync('unshare', [...inFewPorts, 'true']).status === 0;

interface Result {
  readonly held: number;
  readonly refused: readonly number[];
  readonly answered: readonly number[];
  readonly seconds: number;
  readonly afterwards: readonly number[];
}

test(
  'E9: a proxy without a free port for its server refuses what it cannot forward, rests, and recovers',
  { skip: possible ? false : 'a network namespace cannot be made here' },
  async () => {
    const command = [...inFewPorts, process.execPath, '--import', 'tsx', program];
    const { stdout } = await promisify(execFile)('unshare', command);
    const { held, refused, answered, seconds, afterwards } = JSON.parse(stdout) as Result;
    assert.ok(held > 10 && held <= ports, `${held} held`);
    assert.equal(held + refused.length, 60);
    assert.deepEqual(new Set(refused), new Set([502]));
    assert.deepEqual(new Set(answered), new Set([200]));
    assert.ok(isInstrumented || seconds < 0.5, `${seconds} s of processor time in a second`);
    // One after the other over the connections that there are, if need be.
    assert.ok(afterwards.filter((status) => status === 200).length >= held, afterwards.join());
  },
);
