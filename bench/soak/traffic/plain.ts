/** Ordinary requests: kept connections, several sizes, bodies both ways. */
import { createHash } from 'node:crypto';
import http from 'node:http';
import { type Surroundings, type Traffic, oneOf, paced } from './define.js';
import { type Received, SPARE_MS, type Sent, exchange, expectStatus } from './exchange.js';

const KIB = 1024;
const SIZES = [0, 100, KIB, KIB, 10 * KIB, 10 * KIB, 100 * KIB, KIB * KIB] as const;
const UPLOADS = [1, KIB, 20 * KIB, 300 * KIB] as const;
const upload = Buffer.alloc(300 * KIB, 'abcdefghijklmnopqrstuvwxyz');

/** GET on kept connections. */
export const gets: Traffic = async (around) => {
  const agent = new http.Agent({ keepAlive: true, timeout: SPARE_MS, maxSockets: 16 });
  await paced(around, { kind: 'get', rate: 45, isKillable: true }, async () => {
    const length = oneOf(SIZES);
    const received = await expectStatus(200, { port: around.ports.web, path: `/bytes/${length}`, agent });
    expectLength(received, length);
  });
  agent.destroy();
};

/** GET of bodies in chunks. */
export const chunkedGets: Traffic = async (around) => {
  const agent = new http.Agent({ keepAlive: true, timeout: SPARE_MS, maxSockets: 8 });
  await paced(around, { kind: 'chunked', rate: 4, isKillable: true }, async () => {
    const length = oneOf([KIB, 50 * KIB]);
    const received = await expectStatus(200, { port: around.ports.web, path: `/chunked/${length}`, agent });
    expectLength(received, length);
  });
  agent.destroy();
};

/** A new connection for each request. */
export const freshGets: Traffic = async (around) => {
  await paced(around, { kind: 'fresh', rate: 6, isKillable: true }, async () => {
    const received = await expectStatus(200, { port: around.ports.web, path: `/bytes/${KIB}`, agent: false });
    expectLength(received, KIB);
  });
};

/** POST with a length, in chunks, and after `100 Continue`. */
export const posts: Traffic = async (around) => {
  const agent = new http.Agent({ keepAlive: true, timeout: SPARE_MS, maxSockets: 8 });
  const post = (kind: string, rate: number, sentOf: (body: Buffer) => Partial<Sent>): Promise<void> =>
    paced(around, { kind, rate, isKillable: true }, async () => {
      const body = upload.subarray(0, oneOf(UPLOADS));
      const sent = { port: around.ports.web, path: '/sum', agent, method: 'POST', body, ...sentOf(body) };
      expectSum(await expectStatus(200, sent), body);
    });
  await Promise.all([
    post('post', 8, () => ({})),
    post('post in chunks', 3, (body) => ({ body: piecesOf(body) })),
    post('post after continue', 1, (body) => ({
      headers: { expect: '100-continue', 'content-length': String(body.length) },
    })),
  ]);
  agent.destroy();
};

/** What the proxy answers itself: no server, bad requests. */
export const refusals: Traffic = async (around) => {
  const { web } = around.ports;
  const refused = (status: number, sent: Partial<Sent>): Promise<unknown> =>
    expectStatus(status, { port: web, path: '/', agent: false, ...sent });
  await Promise.all([
    paced(around, { kind: 'missing', rate: 1, isKillable: true }, async () => {
      await refused(404, { path: '/nothing-here' });
    }),
    paced(around, { kind: 'too large', rate: 0.5, isKillable: false }, async () => {
      await exchangeLargeHead(around, 'x'.repeat(70 * KIB));
    }),
  ]);
};

/** The head is longer than the entry point takes; it is answered, or the connection is cut while it is still being sent. */
async function exchangeLargeHead({ ports }: Surroundings, value: string): Promise<void> {
  const sent = { port: ports.web, path: '/', agent: false, headers: { 'x-large': value } } as const;
  const status = await exchange(sent).then(
    (received) => received.status,
    () => 431,
  );
  if (status !== 431) throw new Error(`status ${status}`);
}

/** Throws when a body has another length. */
export function expectLength({ body }: Received, length: number): void {
  if (body.length !== length) throw new Error('a body of another length');
}

function expectSum({ body }: Received, sent: Buffer): void {
  const { length, md5 } = JSON.parse(body.toString()) as { readonly length: number; readonly md5: string };
  const isSame = length === sent.length && md5 === createHash('md5').update(sent).digest('hex');
  if (!isSame) throw new Error('another body than was sent');
}

function piecesOf(body: Buffer): readonly Buffer[] {
  const step = Math.ceil(body.length / 3);
  return [body.subarray(0, step), body.subarray(step, 2 * step), body.subarray(2 * step)].filter(
    ({ length }) => length > 0,
  );
}
