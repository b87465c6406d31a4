/** Traffic through middlewares that keep state or wait: compress, rateLimit, forwardAuth. */
import http from 'node:http';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { LIMITED_RATE } from '../configuration.js';
import { type Traffic, oneOf, paced } from './define.js';
import { SPARE_MS, exchange, expectStatus } from './exchange.js';
import { expectLength } from './plain.js';

const KIB = 1024;
const DECODERS = { gzip: gunzipSync, br: brotliDecompressSync, zstd: undefined } as const;

/** Compressed answers, decoded where Node can. */
export const compressed: Traffic = async (around) => {
  const agent = new http.Agent({ keepAlive: true, timeout: SPARE_MS, maxSockets: 4 });
  await paced(around, { kind: 'compress', rate: 4, isKillable: true }, async () => {
    const coding = oneOf(['gzip', 'br', 'zstd'] as const);
    const length = oneOf([500, 4 * KIB, 64 * KIB]);
    const headers = { 'accept-encoding': coding };
    const received = await expectStatus(200, { port: around.ports.web, path: `/text/${length}`, agent, headers });
    const encoding = received.headers['content-encoding'];
    // Bodies under 1,024 bytes are not compressed.
    if ((encoding === coding) !== length >= KIB) throw new Error(`content-encoding ${encoding ?? 'none'}`);
    const decode = DECODERS[coding];
    const decoded = encoding === undefined ? received.body : decode?.(received.body);
    if (decoded !== undefined) expectLength({ ...received, body: decoded }, length);
  });
  agent.destroy();
};

/** More than the limit lets pass: both answers are right, and both must come. */
export const limited: Traffic = async (around) => {
  const agent = new http.Agent({ keepAlive: true, timeout: SPARE_MS, maxSockets: 4 });
  const seen = { passed: 0, refused: 0 };
  await paced(around, { kind: 'rate limit', rate: 2 * LIMITED_RATE, isKillable: false }, async () => {
    const { status } = await exchange({ port: around.ports.web, path: '/limited/bytes/100', agent });
    if (status !== 200 && status !== 429) throw new Error(`status ${status}`);
    seen[status === 200 ? 'passed' : 'refused']++;
    if (seen.passed + seen.refused === 100 && Math.min(seen.passed, seen.refused) === 0)
      throw new Error('the limit has no effect');
  });
  agent.destroy();
};

/** Requests that another server lets pass, or not. */
export const guarded: Traffic = async (around) => {
  const agent = new http.Agent({ keepAlive: true, timeout: SPARE_MS, maxSockets: 4 });
  await paced(around, { kind: 'forwardAuth', rate: 4, isKillable: false }, async () => {
    const token = oneOf(['good', 'bad']);
    const headers = { 'x-token': token, 'x-user': 'forged' };
    const sent = { port: around.ports.web, path: '/guarded/bytes/200', agent, headers };
    const received = await expectStatus(token === 'good' ? 200 : 401, sent);
    const user = received.headers['x-user'];
    if (user !== (token === 'good' ? 'soak' : undefined)) throw new Error('a forged user passed');
  });
  agent.destroy();
};
