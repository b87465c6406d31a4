/** WebSockets that stay for the whole soak, and some whose server is killed. */
import WebSocket from 'ws';
import { SECURE_NAME } from '../configuration.js';
import { type Surroundings, type Traffic, pause, reasonOf } from './define.js';

const MESSAGE_EVERY_MS = 10_000;
const ECHO_MS = 10_000;
const AGAIN_MS = 500;

interface Group {
  readonly kind: string;
  readonly count: number;
  readonly path: string;
  readonly isSecure: boolean;
  readonly isKillable: boolean;
}

const groups: readonly Group[] = [
  { kind: 'websocket', count: 30, path: '/steady/socket', isSecure: false, isKillable: false },
  { kind: 'websocket over tls', count: 10, path: '/steady/socket', isSecure: true, isKillable: false },
  { kind: 'websocket to a killed server', count: 10, path: '/socket', isSecure: false, isKillable: true },
];

/** Holds all groups. */
export const webSockets: Traffic = async (around) => {
  await Promise.all(groups.flatMap((group) => Array.from({ length: group.count }, () => keep(around, group))));
};

/** One socket; opened again when it ends, which is only right when its server was killed. */
async function keep(around: Surroundings, group: Group): Promise<void> {
  const { ledger, signal, ports } = around;
  const scheme = group.isSecure ? 'wss' : 'ws';
  const url = `${scheme}://127.0.0.1:${group.isSecure ? ports.secure : ports.web}${group.path}`;
  while (!signal.aborted) {
    const secure = group.isSecure ? { rejectUnauthorized: false, servername: SECURE_NAME } : {};
    const socket = new WebSocket(url, { ...secure, perMessageDeflate: false });
    // What happens between two messages is told by 'close'.
    socket.on('error', () => undefined);
    let began = performance.now();
    try {
      await opened(socket);
      while (await pauseWhileOpen(socket, signal)) {
        began = performance.now();
        await echo(socket);
        ledger.succeeded(group.kind);
      }
    } catch (thrown) {
      ledger.failed(group.kind, reasonOf(thrown), began, group.isKillable);
    } finally {
      socket.terminate();
    }
    await pause(signal, AGAIN_MS);
  }
}

function opened(socket: WebSocket): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
}

/** Waits until the next message is due. Throws when the socket ends meanwhile; false when the soak does. */
async function pauseWhileOpen(socket: WebSocket, signal: AbortSignal): Promise<boolean> {
  const ending = new AbortController();
  const closed = (): void => ending.abort();
  socket.once('close', closed);
  try {
    await pause(AbortSignal.any([signal, ending.signal]), MESSAGE_EVERY_MS * (0.5 + Math.random()));
  } finally {
    socket.off('close', closed);
  }
  if (ending.signal.aborted && !signal.aborted) throw new Error('cut');
  return !signal.aborted;
}

function echo(socket: WebSocket): Promise<void> {
  const message = `message ${Math.random()} ${'x'.repeat(Math.floor(Math.random() * 2000))}`;
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => settle(new Error('no echo')), ECHO_MS);
    const settle = (error?: Error): void => {
      clearTimeout(timer);
      socket.off('message', answered);
      socket.off('close', closed);
      if (error === undefined) resolve();
      else reject(error);
    };
    const answered = (data: WebSocket.RawData): void =>
      settle((data as Buffer).toString() === message ? undefined : new Error('another echo'));
    const closed = (): void => settle(new Error('cut'));
    socket.on('message', answered);
    socket.on('close', closed);
    socket.send(message);
  });
}
