/** Servers behind the proxy: one that tells what it was sent, and one that misbehaves as it is told. */
import { randomInt } from 'node:crypto';
import {
  createServer as createHttpServer,
  type IncomingMessage,
  type Server as HttpServer,
  type ServerResponse,
} from 'node:http';
import { createServer as createHttpsServer, Server as HttpsServer } from 'node:https';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { ByteReader, Ended } from './byte-reader.js';
import type { TestCertificate } from './certificates.js';
import { type Body, type Fields, readBody, readHead, valueOf } from './http1.js';
import { until } from './deadline.js';

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

/** What the echo says about a request. */
export interface Echoed {
  readonly name: string;
  readonly method: string;
  readonly url: string;
  readonly version: string;
  readonly fields: Fields;
  readonly body: string;
  readonly trailers: Fields;
}

/** A server of Node's that answers in JSON with what it was sent. */
export class EchoBackend implements AsyncDisposable {
  readonly name: string;
  readonly server: HttpServer | HttpsServer;
  readonly requests: Echoed[] = [];
  connections = 0;
  port = 0;

  private constructor(name: string, certificate: TestCertificate | undefined) {
    this.name = name;
    const answer = (incoming: IncomingMessage, response: ServerResponse): void => void this.#answer(incoming, response);
    const options = { keepAliveTimeout: 60_000 };
    this.server =
      certificate === undefined
        ? createHttpServer(options, answer)
        : createHttpsServer({ ...options, cert: certificate.certificate, key: certificate.key }, answer);
    this.server.on('connection', () => this.connections++);
  }

  /** Speaks https when it has a certificate. */
  static async start(name = 'app', certificate?: TestCertificate): Promise<EchoBackend> {
    const backend = new EchoBackend(name, certificate);
    backend.port = await listen(backend.server);
    return backend;
  }

  get url(): string {
    return `${this.server instanceof HttpsServer ? 'https' : 'http'}://127.0.0.1:${this.port}`;
  }

  /** The last request that arrived. */
  get last(): Echoed {
    const last = this.requests.at(-1);
    if (last === undefined) throw new Error('no request arrived');
    return last;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    this.server.closeAllConnections();
    await closed;
  }

  async #answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const pieces: Buffer[] = [];
    try {
      for await (const piece of incoming) pieces.push(piece as Buffer);
    } catch {
      return;
    }
    const { method = '', url = '', httpVersion, rawHeaders, rawTrailers } = incoming;
    const body = Buffer.concat(pieces).toString('latin1');
    const echoed: Echoed = {
      name: this.name,
      method,
      url,
      version: httpVersion,
      fields: pairs(rawHeaders),
      body,
      trailers: pairs(rawTrailers),
    };
    this.requests.push(echoed);
    response.setHeader('Content-Type', 'application/json');
    response.end(JSON.stringify(echoed));
  }
}

const pairs = (raw: readonly string[]): Fields =>
  Array.from({ length: raw.length / 2 }, (_, index) => [raw[index * 2] ?? '', raw[index * 2 + 1] ?? ''] as const);

/** The value of a field in what the echo says. */
export const field = ({ fields }: Pick<Echoed, 'fields'>, name: string): string | undefined => valueOf(fields, name);

/** A request as it arrived at the raw server. */
export interface RawRequest {
  readonly line: string;
  readonly fields: Fields;
  readonly body: Body;
}

/** One connection of the raw server. */
export class Conversation {
  readonly socket: Socket;
  readonly reader: ByteReader;
  /** The how manyth connection it is, from 0. */
  readonly index: number;
  readonly #requests: RawRequest[];

  constructor(socket: Socket, index: number, requests: RawRequest[]) {
    this.socket = socket;
    this.reader = new ByteReader(socket);
    this.index = index;
    this.#requests = requests;
  }

  /** The next request with its body; undefined when the proxy closes instead. */
  async request(): Promise<RawRequest | undefined> {
    try {
      const head = await readHead(this.reader);
      const request = { ...head, body: await readBody(this.reader, head.fields, false) };
      this.#requests.push(request);
      return request;
    } catch (thrown) {
      if (thrown instanceof Ended) return undefined;
      throw thrown;
    }
  }

  /** The next head; its body is left in the reader. */
  async head(): Promise<RawRequest | undefined> {
    try {
      const head = await readHead(this.reader);
      const request = { ...head, body: { framing: 'none', bytes: Buffer.alloc(0), chunks: [], trailers: [] } as const };
      this.#requests.push(request);
      return request;
    } catch (thrown) {
      if (thrown instanceof Ended) return undefined;
      throw thrown;
    }
  }

  /** Sends text, each character one byte, or bytes. Whether they arrive is not this side's to know. */
  send(bytes: string | Uint8Array): void {
    this.socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
  }
  /** Ends cleanly after what was sent. */
  end(bytes: string | Uint8Array = ''): void {
    this.socket.end(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
  }
  /** Ends with a reset. */
  reset(): void {
    this.socket.resetAndDestroy();
  }
}

/** What a raw server does with each connection. */
export type Script = (conversation: Conversation) => Promise<void> | void;

/** A server of raw bytes. */
export class RawBackend implements AsyncDisposable {
  readonly conversations: Conversation[] = [];
  readonly requests: RawRequest[] = [];
  /** What the script threw. */
  readonly failures: unknown[] = [];
  port = 0;
  readonly #server: Server;

  private constructor(script: Script) {
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
      const conversation = new Conversation(socket, this.conversations.length, this.requests);
      this.conversations.push(conversation);
      Promise.resolve(script(conversation)).catch((thrown: unknown) => this.failures.push(thrown));
    });
  }

  static async start(script: Script): Promise<RawBackend> {
    const backend = new RawBackend(script);
    backend.port = await listen(backend.#server);
    return backend;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }
  /** How often it was connected to. */
  get connections(): number {
    return this.conversations.length;
  }
  /** Bytes that have arrived over all connections. */
  get bytes(): number {
    return this.conversations.reduce((sum, { reader }) => sum + reader.total, 0);
  }

  /** Resolves when the proxy has ended the connection, and says how. */
  async endingOf(index: number): Promise<'end' | 'reset'> {
    return until(() => {
      const ending = this.conversations[index]?.reader.ending ?? 'open';
      return ending !== 'open' && ending;
    }, `the proxy ends connection ${index}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { socket } of this.conversations) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** Answers every request with the same bytes and keeps the connection. */
export const always =
  (response: string): Script =>
  async (conversation) => {
    while ((await conversation.request()) !== undefined) conversation.send(response);
  };

/** Answers once and ends the connection. */
export const onceThenEnd =
  (response: string): Script =>
  async (conversation) => {
    if ((await conversation.request()) !== undefined) conversation.end(response);
  };

export const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

/** Ports that closedPort() has given away: nobody else gets one of them. */
const given = new Set<number>();

/**
 * A port on which nothing listens. Not one that the system gives to whoever asks for any: by the time the test connects,
 * another test could have been given it.
 */
export async function closedPort(): Promise<number> {
  for (;;) {
    const port = randomInt(16_384, 32_768);
    if (given.has(port)) continue;
    const server = createServer();
    const isFree = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => resolve(true));
    });
    if (!isFree) continue;
    await new Promise((resolve) => server.close(resolve));
    given.add(port);
    return port;
  }
}
