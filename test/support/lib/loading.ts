/**
 * Clients that ask without a pause, in a process of their own, so that whatever the test does, stopping its own event loop
 * included, neither they nor their clocks notice. Started by load-process.ts.
 */
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { MessageReader } from '../faults/message-reader.js';
import type { LoadOrder, LoadReport } from '../load-process.js';

const request = (keeps: boolean): string =>
  `GET /load HTTP/1.1\r\nHost: a\r\n${keeps ? '' : 'Connection: close\r\n'}\r\n`;

const { port, keeping, fresh, tls, tlsPort } = JSON.parse(process.argv[2] ?? '{}') as LoadOrder;
const failures: string[] = [];
let answered = 0;
let latencies: number[] = [];
let stopped = false;

/** One connection; resolves to whether the client may go on with another. */
function converse(socket: Socket, keeps: boolean): Promise<boolean> {
  const reader = new MessageReader();
  let asked = 0;
  let count = 0;
  let answeredAt = performance.now();
  let refused = false;
  const ask = (): void => {
    asked = performance.now();
    count++;
    socket.write(request(keeps));
  };
  socket.on(socket instanceof Object && 'encrypted' in socket ? 'secureConnect' : 'connect', ask);
  socket.on('data', (bytes: Buffer) => {
    reader.push(bytes);
    const head = reader.head();
    // Answers are short: head and body come together.
    if (head === undefined || reader.body(head, true) === undefined) return;
    latencies.push(performance.now() - asked);
    answeredAt = performance.now();
    asked = 0;
    answered++;
    if (!head.line.startsWith('HTTP/1.1 200 ')) failures.push(head.line);
    if (stopped || !keeps || head.fields.get('connection') === 'close') socket.destroy();
    else ask();
  });
  socket.on('error', (error: NodeJS.ErrnoException) => {
    refused = error.code === 'ECONNREFUSED';
    if (refused || asked === 0) return;
    // Whether it was new, or idle for too long, tells whose fault it is.
    const rested = (asked - answeredAt).toFixed(0);
    failures.push(`${String(error)}: request ${count} of its connection, sent ${rested} ms after the answer before`);
    asked = 0;
  });
  return new Promise((resolve) => {
    socket.on('close', () => {
      if (asked !== 0) failures.push('closed without an answer');
      resolve(!stopped && !refused);
    });
  });
}

async function client(keeps: boolean, secure: boolean): Promise<void> {
  const host = '127.0.0.1';
  for (let goesOn = true; goesOn;) {
    const socket = secure
      ? connectTls({ host, port: tlsPort, rejectUnauthorized: false, servername: 'a.example' })
      : connect({ host, port, noDelay: true });
    goesOn = await converse(socket, keeps);
  }
}

function report(isLast = false): LoadReport {
  const sorted = Float64Array.from(latencies).sort();
  latencies = [];
  const at = (share: number): number => sorted[Math.floor(sorted.length * share)] ?? 0;
  return { isLast, answered, failures: failures.slice(0, 20), p50: at(0.5), p99: at(0.99), measured: sorted.length };
}

process.on('message', (order: 'report' | 'stop') => {
  if (order === 'stop') stopped = true;
  else process.send?.(report());
});
process.on('disconnect', () => process.exit(0));

const lanes = (count: number, keeps: boolean, secure: boolean): Promise<void>[] =>
  Array.from({ length: count }, () => client(keeps, secure));
await Promise.all([...lanes(keeping, true, false), ...lanes(fresh, false, false), ...lanes(tls, false, true)]);
process.send?.(report(true));
process.disconnect();
