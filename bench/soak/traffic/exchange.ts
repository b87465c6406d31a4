/** One HTTP exchange, checked: its status, its tag and its whole body. */
import http from 'node:http';
import https from 'node:https';

/** What to send. */
export interface Sent {
  readonly port: number;
  readonly path: string;
  readonly agent: http.Agent | https.Agent | false;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent at once with its length, or piece by piece in chunks. */
  readonly body?: Buffer | readonly Buffer[];
  /** Present for TLS. */
  readonly servername?: string;
}

/** What came back. */
export interface Received {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: Buffer;
  readonly socket: http.IncomingMessage['socket'];
}

/** Longer than anything here takes on a busy machine. */
const LONGEST_MS = 30_000;
const PIECE_EVERY_MS = 10;
/** Kept connections that a burst has left over are closed after this, so that their number tells of the traffic of now. */
export const SPARE_MS = 5_000;

let tags = 0;

/** Rejects when the connection fails, the body is cut, or the answer is another request's. */
export async function exchange(sent: Sent): Promise<Received> {
  const tag = String(++tags);
  const received = await respondTo(sent, tag);
  // Answers of the proxy itself carry no tag.
  const answered = received.headers['x-tag'];
  if (answered !== undefined && answered !== tag) throw new Error('the answer to another request');
  return received;
}

/** As `exchange`, for answers that must have this status. */
export async function expectStatus(status: number, sent: Sent): Promise<Received> {
  const received = await exchange(sent);
  if (received.status !== status) throw new Error(`status ${received.status}`);
  return received;
}

function respondTo({ port, path, agent, method, headers, body, servername }: Sent, tag: string): Promise<Received> {
  const hosted = { host: servername ?? 'soak.test', ...headers, 'x-tag': tag };
  const options = {
    host: '127.0.0.1',
    port,
    path,
    agent,
    method: method ?? 'GET',
    headers: hosted,
    timeout: LONGEST_MS,
  };
  return new Promise((resolve, reject) => {
    const secured = { ...options, servername, rejectUnauthorized: false };
    const request = servername === undefined ? http.request(options) : https.request(secured);
    request.on('error', reject);
    request.on('timeout', () => request.destroy(new Error('no answer in time')));
    request.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const { statusCode = 0, headers, socket } = response;
        resolve({ status: statusCode, headers, body: Buffer.concat(chunks), socket });
      });
    });
    if (headers?.['expect'] === undefined) {
      send(request, body);
    } else {
      request.once('continue', () => send(request, body));
      request.flushHeaders();
    }
  });
}

function send(request: http.ClientRequest, body: Sent['body']): void {
  if (body === undefined || Buffer.isBuffer(body)) {
    request.end(body);
    return;
  }
  const pieces = [...body] as Buffer[];
  const next = (): void => {
    const piece = pieces.shift();
    if (piece === undefined) {
      request.end();
    } else if (!request.destroyed) {
      request.write(piece);
      setTimeout(next, PIECE_EVERY_MS);
    }
  };
  next();
}
