/** A client that sends the bytes it is told to and reads what comes back, without a library in between. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';
import type { Echoed } from './backends.js';
import { ByteReader, Ended, type Ending } from './byte-reader.js';
import { within } from './deadline.js';
import { type Body, type Fields, readBody, readHead, valueOf, valuesOf } from './http1.js';

/** A response as it came over the wire. */
export class RawResponse {
  readonly line: string;
  readonly fields: Fields;
  readonly body: Body;

  constructor(line: string, fields: Fields, body: Body) {
    this.line = line;
    this.fields = fields;
    this.body = body;
  }

  get status(): number {
    return Number(this.line.split(' ')[1]);
  }
  get text(): string {
    return this.body.bytes.toString('latin1');
  }
  get json(): unknown {
    return JSON.parse(this.body.bytes.toString()) as unknown;
  }
  /** What an echoing backend answered. */
  get echoed(): Echoed {
    return this.json as Echoed;
  }
  header(name: string): string | undefined {
    return valueOf(this.fields, name);
  }
  headers(name: string): readonly string[] {
    return valuesOf(this.fields, name);
  }
}

export interface ClientOptions {
  /** Speaks TLS; the name is sent as SNI. */
  readonly tls?: ConnectionOptions;
  /** Bytes that the client's kernel takes before it stops the sender. */
  readonly receiveBuffer?: number;
  /** Address of the client, any of 127.0.0.0/8. */
  readonly from?: string;
}

export class Client implements AsyncDisposable {
  readonly socket: Socket;
  readonly reader: ByteReader;

  constructor(socket: Socket) {
    this.socket = socket;
    this.reader = new ByteReader(socket);
  }

  /** Connects to a port of this machine. */
  static async connect(port: number, { tls, from }: ClientOptions = {}): Promise<Client> {
    const address = { host: '127.0.0.1', port, ...(from !== undefined && { localAddress: from }) };
    const socket = tls
      ? connectTls({ ...address, rejectUnauthorized: false, ...tls })
      : connect({ ...address, allowHalfOpen: true });
    await within(once(socket, tls ? 'secureConnect' : 'connect'), 'a connection');
    socket.setNoDelay(true);
    return new Client(socket);
  }

  /** Sends text, each character one byte, or bytes; resolves when the kernel has them. */
  async send(bytes: string | Uint8Array): Promise<void> {
    const data = typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes;
    await within(
      new Promise<void>((resolve, reject) => {
        this.socket.write(data, (error) => (error ? reject(error) : resolve()));
      }),
      'the bytes were taken',
    );
  }

  /** Reads one head, whatever its status; the body stays. */
  async head(): Promise<RawResponse> {
    const { line, fields } = await readHead(this.reader);
    return new RawResponse(line, fields, { framing: 'none', bytes: Buffer.alloc(0), chunks: [], trailers: [] });
  }

  /** Reads the next final response; interim ones before it are left out, unless `interim` collects them. */
  async response(method = 'GET', interim: RawResponse[] = []): Promise<RawResponse> {
    for (;;) {
      const head = await this.head();
      if (head.status < 200 && head.status !== 101) {
        interim.push(head);
        continue;
      }
      const bodiless = method === 'HEAD' || head.status === 101 || head.status === 204 || head.status === 304;
      const body = bodiless ? head.body : await readBody(this.reader, head.fields, true);
      return new RawResponse(head.line, head.fields, body);
    }
  }

  /** Sends and reads the answer. */
  async ask(bytes: string | Uint8Array, method?: string): Promise<RawResponse> {
    const [, response] = await Promise.all([this.send(bytes), this.response(method)]);
    return response;
  }

  /** Says that nothing more comes; reading goes on. */
  halfClose(): void {
    this.socket.end();
  }

  reset(): void {
    this.socket.resetAndDestroy();
  }

  /** How the server ends the connection, and what came before that was not read. */
  async closed(milliseconds?: number): Promise<{ readonly ending: Ending; readonly rest: string }> {
    const rest = await within(this.reader.toEnd(), 'the connection was closed', milliseconds);
    return { ending: this.reader.ending, rest: rest.toString('latin1') };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.socket.destroy();
  }
}

/** A head of plain text: request line, `Host: a`, further fields. */
export const request = (line: string, ...fields: readonly string[]): string =>
  `${[`${line} HTTP/1.1`, 'Host: a', ...fields].join('\r\n')}\r\n\r\n`;

/** The response, or how the connection ended without one. */
export async function responseOrEnding(client: Client, method?: string): Promise<RawResponse | Ending> {
  try {
    return await client.response(method);
  } catch (thrown) {
    if (thrown instanceof Ended) return thrown.ending;
    throw thrown;
  }
}
