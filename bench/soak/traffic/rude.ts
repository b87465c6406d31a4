/** Clients that leave in the middle, read slowly, or hold connections without using them. */
import { connect as connectPlain, type Socket } from 'node:net';
import { connect as connectSecure } from 'node:tls';
import { SECURE_NAME } from '../configuration.js';
import { type Surroundings, type Traffic, oneOf, paced, pause } from './define.js';

const KIB = 1024;
const FIELDS = 'Host: soak.test\r\n';
/** More than the kernel's buffers on both sides take, so that the proxy feels the reader. */
const SLOW_BYTES = 8 * KIB * KIB;
const SLOW_READERS = 6;
const SLOW_PAUSE_MS = 700;
const IDLE_PLAIN = 300;
const IDLE_SECURE = 100;
const IDLE_CHECK_MS = 300_000;
const ANSWER_MS = 10_000;

/** What a client does before it leaves: half a head, half a body, a request whose answer it does not take. */
const beginnings = [
  'GET /bytes/100 HTT',
  `POST /sum HTTP/1.1\r\n${FIELDS}Content-Length: 100000\r\n\r\n${'x'.repeat(1000)}`,
  `POST /sum HTTP/1.1\r\n${FIELDS}Transfer-Encoding: chunked\r\n\r\n400\r\n${'x'.repeat(100)}`,
  `GET /bytes/1000000 HTTP/1.1\r\n${FIELDS}\r\n`,
  `GET /slow/200 HTTP/1.1\r\n${FIELDS}\r\n`,
  `GET /chunked/50000 HTTP/1.1\r\n${FIELDS}\r\n`,
] as const;

/** Clients that leave, cleanly or with a reset. */
export const aborting: Traffic = async (around) => {
  await paced(around, { kind: 'abort', rate: 4, isKillable: false }, async () => {
    const isSecure = Math.random() < 0.2;
    const socket = await openClient(around, isSecure);
    socket.on('error', () => undefined);
    socket.write(oneOf(beginnings));
    await pause(around.signal, Math.random() * 50);
    if (isSecure || Math.random() < 0.5) socket.destroy();
    else socket.resetAndDestroy();
  });
};

/** Each takes a large body at its own pace, and must get all of it. */
export const slowReaders: Traffic = async (around) => {
  await Promise.all(Array.from({ length: SLOW_READERS }, () => readSlowly(around)));
};

async function readSlowly(around: Surroundings): Promise<void> {
  const { ledger, signal } = around;
  while (!signal.aborted) {
    const began = performance.now();
    try {
      const socket = await openClient(around, false);
      socket.write(`GET /steady/bytes/${SLOW_BYTES} HTTP/1.1\r\n${FIELDS}Connection: close\r\n\r\n`);
      let received = 0;
      for await (const chunk of socket as AsyncIterable<Buffer>) {
        received += chunk.length;
        if (!(await pause(signal, SLOW_PAUSE_MS))) return;
      }
      if (received <= SLOW_BYTES) throw new Error('a body of another length');
      ledger.succeeded('slow reader');
    } catch (thrown) {
      ledger.failed('slow reader', thrown instanceof Error ? thrown.message : String(thrown), began, false);
      await pause(signal, 1000);
    }
  }
}

/** Connections that are used every few minutes only, and must still work then. */
export const idle: Traffic = async (around) => {
  const kinds = [...Array<boolean>(IDLE_PLAIN).fill(false), ...Array<boolean>(IDLE_SECURE).fill(true)];
  const sockets: Socket[] = [];
  for (const isSecure of kinds) {
    const socket = await openClient(around, isSecure);
    socket.on('error', () => undefined);
    // A connection without a first request would be closed after `headTimeout`.
    await useIdle(around, socket);
    sockets.push(socket);
    if (!(await pause(around.signal, 5))) break;
  }
  while (await pause(around.signal, IDLE_CHECK_MS)) {
    for (const socket of sockets) await useIdle(around, socket);
  }
  for (const socket of sockets) await useIdle(around, socket);
  for (const socket of sockets) socket.destroy();
};

async function useIdle({ ledger }: Surroundings, socket: Socket): Promise<void> {
  const began = performance.now();
  const text = await new Promise<string>((resolve) => {
    const settle = (answer: string): void => {
      clearTimeout(timer);
      socket.removeAllListeners('data').removeAllListeners('close');
      resolve(answer);
    };
    const timer = setTimeout(() => settle('no answer'), ANSWER_MS);
    if (socket.destroyed) return settle('cut');
    socket.once('close', () => settle('cut'));
    socket.once('data', (chunk: Buffer) => settle(chunk.toString('latin1', 0, 12)));
    socket.write(`GET /steady/bytes/10 HTTP/1.1\r\n${FIELDS}\r\n`);
  });
  if (text === 'HTTP/1.1 200') ledger.succeeded('idle');
  else ledger.failed('idle', text, began, false);
}

function openClient({ ports }: Surroundings, isSecure: boolean): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const target = { host: '127.0.0.1', port: ports.secure, servername: SECURE_NAME, rejectUnauthorized: false };
    const socket = isSecure ? connectSecure(target) : connectPlain(ports.web, '127.0.0.1');
    socket.once(isSecure ? 'secureConnect' : 'connect', () => {
      socket.off('error', reject);
      resolve(socket);
    });
    socket.once('error', reject);
  });
}
