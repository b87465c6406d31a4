/** Reads a socket piece by piece; the independent eyes of the tests on HTTP/1 bytes. */
import type { Socket } from 'node:net';
import { within } from './deadline.js';

/** How the peer ended its side: not yet, with FIN, or with a reset. */
export type Ending = 'open' | 'end' | 'reset';

/** The stream ended before what was asked for had arrived. */
export class Ended extends Error {
  readonly ending: Ending;
  constructor(ending: Ending, missing: string) {
    super(`the peer ended (${ending}) before ${missing}`);
    this.ending = ending;
  }
}

const headEnd = Buffer.from('\r\n\r\n');
const lineEnd = Buffer.from('\r\n');

/** Everything that arrives at a socket, in order. Does not take bytes while `pause` is in force. */
export class ByteReader {
  readonly #socket: Socket;
  #bytes: Buffer = Buffer.alloc(0);
  #pieces: Buffer[] = [];
  /** Bytes in all of them. */
  #waiting = 0;
  #total = 0;
  #ending: Ending = 'open';
  #wake: () => void = () => undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (piece: Buffer) => {
      this.#pieces.push(piece);
      this.#waiting += piece.length;
      this.#total += piece.length;
      this.#wake();
    });
    socket.on('end', () => this.#end('end'));
    socket.on('error', () => this.#end('reset'));
    socket.on('close', () => this.#end(socket.readableEnded ? 'end' : 'reset'));
  }

  /** Bytes received so far, read or not. */
  get total(): number {
    return this.#total;
  }

  get ending(): Ending {
    return this.#ending;
  }

  /** What has arrived and was not read yet. */
  get rest(): Buffer {
    this.#gather();
    return this.#bytes;
  }

  pause(): void {
    this.#socket.pause();
  }
  resume(): void {
    this.#socket.resume();
  }

  /** Exactly `size` bytes. */
  async take(size: number): Promise<Buffer> {
    // Put together once, not for each piece: that would be quadratic.
    await this.#until(() => this.#bytes.length + this.#waiting >= size, `${size} bytes had come`);
    this.#gather();
    return this.#cut(size);
  }

  /** Up to and without CR LF. */
  async line(): Promise<string> {
    const at = await this.#find(lineEnd, 'a line had come');
    const line = this.#cut(at).toString('latin1');
    this.#cut(2);
    return line;
  }

  /** The lines of a head, without the empty one that ends it. */
  async head(): Promise<readonly string[]> {
    const at = await this.#find(headEnd, 'a head had come');
    const lines = this.#cut(at).toString('latin1').split('\r\n');
    this.#cut(4);
    return lines;
  }

  /** Whether another byte comes; false when the peer ends first. */
  async hasMore(): Promise<boolean> {
    await this.#until(() => this.rest.length > 0 || this.#ending !== 'open', 'anything came');
    return this.rest.length > 0;
  }

  /** Everything until the end. */
  async toEnd(): Promise<Buffer> {
    await this.#until(() => this.#ending !== 'open', 'the end');
    return this.#cut(this.rest.length);
  }

  async #find(mark: Buffer, what: string): Promise<number> {
    await this.#until(() => this.rest.includes(mark), what);
    return this.#bytes.indexOf(mark);
  }

  async #until(met: () => boolean, what: string): Promise<void> {
    while (!met()) {
      if (this.#ending !== 'open') throw new Ended(this.#ending, what);
      const news = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      const begin = [this.#bytes, ...this.#pieces.slice(0, 1)]
        .map((piece) => piece.toString('latin1', 0, 400))
        .join('');
      await within(news, `${what}; received so far: ${JSON.stringify(begin)}`);
    }
  }

  #cut(size: number): Buffer {
    const piece = this.#bytes.subarray(0, size);
    this.#bytes = this.#bytes.subarray(size);
    return piece;
  }

  #gather(): void {
    if (this.#pieces.length === 0) return;
    this.#bytes = Buffer.concat([this.#bytes, ...this.#pieces]);
    this.#pieces = [];
    this.#waiting = 0;
  }

  #end(ending: Ending): void {
    if (this.#ending === 'open') this.#ending = ending;
    this.#wake();
  }
}
