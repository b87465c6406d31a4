/** Traffic over TLS: kept connections, full handshakes, resumed ones. */
import https from 'node:https';
import { connect, type TLSSocket } from 'node:tls';
import { SECURE_NAME } from '../configuration.js';
import { type Surroundings, type Traffic, oneOf, paced } from './define.js';
import { SPARE_MS, expectStatus } from './exchange.js';
import { expectLength } from './plain.js';

const KIB = 1024;
const HANDSHAKE_MS = 10_000;
const REQUEST = `GET /bytes/${KIB} HTTP/1.1\r\nHost: ${SECURE_NAME}\r\nConnection: close\r\n\r\n`;

/** GET on kept connections. */
export const secureGets: Traffic = async (around) => {
  const agent = new https.Agent({ keepAlive: true, timeout: SPARE_MS, maxSockets: 4, rejectUnauthorized: false });
  await paced(around, { kind: 'tls kept', rate: 8, isKillable: true }, async () => {
    const length = oneOf([100, KIB, 20 * KIB, 200 * KIB]);
    const sent = { port: around.ports.secure, path: `/bytes/${length}`, agent, servername: SECURE_NAME };
    expectLength(await expectStatus(200, sent), length);
  });
  agent.destroy();
};

/** A full handshake for each request; the certificate must be the present one. */
export const fullHandshakes: Traffic = async (around) => {
  await paced(around, { kind: 'tls full', rate: 2, isKillable: true }, async () => {
    await visit(around, undefined);
  });
};

/** Each connection resumes the session of the one before. */
export const resumedHandshakes: Traffic = async (around) => {
  let session: Buffer | undefined;
  let resumed = 0;
  let visits = 0;
  await paced(around, { kind: 'tls resumed', rate: 2, isKillable: true }, async () => {
    const visited = await visit(around, session);
    session = visited.session ?? session;
    visits++;
    if (visited.isResumed) resumed++;
    if (visits === 100 && resumed === 0) throw new Error('no session is ever resumed');
  });
};

interface Visit {
  readonly isResumed: boolean;
  readonly session: Buffer | undefined;
}

/** One connection, one request, to its end. */
function visit({ ports, isCurrent }: Surroundings, session: Buffer | undefined): Promise<Visit> {
  return new Promise((resolve, reject) => {
    const target = { host: '127.0.0.1', port: ports.secure, servername: SECURE_NAME, rejectUnauthorized: false };
    const socket = connect({ ...target, ...(session !== undefined && { session }) });
    let ticket: Buffer | undefined;
    let isResumed = false;
    let text = '';
    socket.setTimeout(HANDSHAKE_MS, () => socket.destroy(new Error('no answer in time')));
    socket.on('session', (fresh: Buffer) => (ticket = fresh));
    socket.on('error', reject);
    socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
    socket.on('secureConnect', () => {
      isResumed = socket.isSessionReused();
      const wrong = wrongCertificate(socket, isCurrent);
      if (wrong === undefined) socket.write(REQUEST);
      else socket.destroy(new Error(wrong));
    });
    socket.on('close', () => {
      const status = /^HTTP\/1\.1 (\d+)/.exec(text)?.[1] ?? 'none';
      const isWhole = text.length - text.indexOf('\r\n\r\n') - 4 === KIB;
      if (status === '200' && isWhole) resolve({ isResumed, session: ticket });
      else reject(new Error(status === '200' ? 'a body of another length' : `status ${status}`));
    });
  });
}

/** A resumed session shows no certificate of its own. */
function wrongCertificate(socket: TLSSocket, isCurrent: Surroundings['isCurrent']): string | undefined {
  if (socket.isSessionReused()) return undefined;
  const { fingerprint256 } = socket.getPeerCertificate() as { readonly fingerprint256?: string };
  return isCurrent(fingerprint256 ?? '') ? undefined : 'a certificate that was replaced long ago';
}
