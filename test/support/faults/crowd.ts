/**
 * Clients that ask a proxy in front of faulty servers, some of them rudely, and judge every byte of what they get. Each
 * request has a number and tells it everywhere; nobody may ever see the number of another.
 */
import { connect, type Socket } from 'node:net';
import { Random } from '../lib/random.js';
import { bodyOf, type Expected, expected, type Manner, randomManner, written } from './manner.js';
import { BrokenMessage, type MessageHead, MessageReader } from './message-reader.js';

export interface CrowdOptions {
  readonly port: number;
  /** Connections at once. */
  readonly clients: number;
  /** Requests of all of them together. */
  readonly requests: number;
  readonly seed: number;
  readonly methods: readonly Method[];
  /** How a server is to treat a request; random by default. */
  readonly manner?: (random: Random) => Manner;
  /** In a hundred: requests whose client leaves before the answer is there. */
  readonly leaving?: number;
  /** Requests that a client may send before it has the answer to the first. */
  readonly pipelined?: number;
  /** In a hundred: GET requests that ask for another protocol, which nobody speaks. */
  readonly upgrading?: number;
}

export type Method = 'GET' | 'HEAD' | 'POST' | 'PUT';

/** What became of the requests. */
export interface Tally {
  /** Whole answers of a server. */
  whole: number;
  /** Answers of the proxy itself: 502, 503, 504. */
  refused: number;
  /** Connections that broke in front of an answer, or in it. */
  cut: number;
  /** Clients that left before it was there; also what they had sent behind. */
  left: number;
  /** Behind an answer that ended its connection. */
  unanswered: number;
  /** What must not be. */
  readonly wrong: string[];
  /** Numbers of POST requests that were answered with 2xx. */
  readonly posted: number[];
}

interface Asked {
  readonly number: number;
  readonly tag: string;
  readonly method: Method;
  readonly manner: Manner;
  readonly expected: Expected;
}

const upgrade = [
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
];

// What is wrong once is wrong often; the first ones tell why.
const mostWrong = 20;

/** A whole crowd; resolves when every request has come to its end. */
export async function crowd(options: CrowdOptions, progress: (done: number) => void = () => undefined): Promise<Tally> {
  const tally: Tally = { whole: 0, refused: 0, cut: 0, left: 0, unanswered: 0, wrong: [], posted: [] };
  let next = 0;
  const take = (): number | undefined => {
    if (next >= options.requests || tally.wrong.length >= mostWrong) return undefined;
    if (next % 10_000 === 0) progress(next);
    return next++;
  };
  const lane = async (index: number): Promise<void> => {
    const random = new Random(options.seed * 1000 + index);
    let more = true;
    while (more) {
      const visitor = new Visitor(options, tally, random, take);
      more = await visitor.ended;
    }
  };
  await Promise.all(Array.from({ length: options.clients }, (_, index) => lane(index)));
  return tally;
}

/** Milliseconds without a byte after which an answer is overdue; ample, since every fault is over in less. */
const overdue = 60_000;

/** One connection of a client. `ended` tells whether there is more to ask. */
class Visitor {
  readonly ended: Promise<boolean>;
  readonly #options: CrowdOptions;
  readonly #tally: Tally;
  readonly #random: Random;
  readonly #take: () => number | undefined;
  readonly #socket: Socket;
  readonly #reader = new MessageReader();
  readonly #asked: Asked[] = [];
  #head: MessageHead | undefined;
  #closing = false;
  #more = true;

  constructor(options: CrowdOptions, tally: Tally, random: Random, take: () => number | undefined) {
    this.#options = options;
    this.#tally = tally;
    this.#random = random;
    this.#take = take;
    this.#socket = connect({ port: options.port, host: '127.0.0.1', noDelay: true });
    this.ended = new Promise((resolve) => {
      this.#socket.once('close', () => {
        this.#close();
        resolve(this.#more);
      });
    });
    this.#socket.on('connect', () => this.#ask());
    this.#socket.on('data', (bytes: Buffer) => {
      this.#reader.push(bytes);
      this.#read();
    });
    this.#socket.on('error', () => undefined);
    this.#socket.setTimeout(overdue, () => {
      this.#blame(this.#asked[0], 'no answer came');
      this.#socket.destroy();
    });
  }

  /** Sends the next requests, or ends when there are none. */
  #ask(): void {
    const depth = 1 + this.#random.below(this.#options.pipelined ?? 1);
    const bytes: Buffer[] = [];
    for (let i = 0; i < depth && this.#more; i++) {
      const number = this.#take();
      if (number === undefined) this.#more = false;
      else bytes.push(this.#request(number));
    }
    if (bytes.length === 0) {
      this.#socket.destroy();
      return;
    }
    const all = Buffer.concat(bytes);
    if (this.#random.chance(this.#options.leaving ?? 0)) this.#leave(all);
    else if (this.#random.chance(30)) this.#hesitate(all);
    else this.#socket.write(all);
  }

  /** Stops in the middle of a head or a body; a server that answers early does so now. */
  #hesitate(bytes: Buffer): void {
    const at = this.#random.below(bytes.length);
    this.#socket.write(bytes.subarray(0, at));
    setTimeout(
      () => {
        if (this.#socket.writable) this.#socket.write(bytes.subarray(at));
      },
      1 + this.#random.below(5),
    );
  }

  #request(number: number): Buffer {
    const { methods, manner: choose = randomManner, upgrading = 0 } = this.#options;
    const random = this.#random;
    const manner = choose(random);
    const method = random.pick(methods);
    const tag = `t${number}`;
    this.#asked.push({ number, tag, method, manner, expected: expected(manner, method) });
    const head = [`${method} /${tag} HTTP/1.1`, 'Host: a', `X-Tag: ${tag}`, `X-Manner: ${written(manner)}`];
    if (method === 'GET' && random.chance(upgrading)) head.push(...upgrade);
    if (method !== 'POST' && method !== 'PUT') return Buffer.from([...head, '', ''].join('\r\n'));
    const body = Buffer.alloc(random.pick([0, 3, 100, 100, 3000, 30_000]), `${tag},`);
    if (random.chance(50)) {
      return Buffer.concat([Buffer.from([...head, `Content-Length: ${body.length}`, '', ''].join('\r\n')), body]);
    }
    const chunk = body.length === 0 ? '' : `${body.length.toString(16)}\r\n${body.toString('latin1')}\r\n`;
    return Buffer.from(`${[...head, 'Transfer-Encoding: chunked', '', ''].join('\r\n')}${chunk}0\r\n\r\n`, 'latin1');
  }

  /** Goes away: in the middle of the request, or while the answer is on its way. */
  #leave(bytes: Buffer): void {
    const part = this.#random.chance(50) ? bytes : bytes.subarray(0, this.#random.below(bytes.length));
    this.#socket.write(part);
    this.#tally.left += this.#asked.splice(0).length;
    this.#closing = true;
    const go = (): void => {
      if (this.#random.chance(50)) this.#socket.resetAndDestroy();
      else this.#socket.destroy();
    };
    setTimeout(go, this.#random.below(4));
  }

  #read(): void {
    if (this.#closing) return;
    try {
      while (this.#readOne()) continue;
      if (this.#asked.length === 0 && this.#reader.rest.length > 0) {
        throw new BrokenMessage(`${this.#reader.rest.length} bytes that nobody asked for`);
      }
    } catch (thrown) {
      if (!(thrown instanceof BrokenMessage)) throw thrown;
      this.#blame(this.#asked[0], thrown.message);
      this.#socket.destroy();
    }
    if (this.#asked.length === 0 && !this.#socket.destroyed) this.#ask();
  }

  /** Reads one answer if it is whole. */
  #readOne(): boolean {
    const asked = this.#asked[0];
    if (asked === undefined) return false;
    this.#head ??= this.#reader.head();
    if (this.#head === undefined) return false;
    const head = this.#head;
    const status = Number(head.line.split(' ')[1]);
    const own = head.fields.get('x-tag');
    if (status < 200) {
      if (own !== asked.tag && status !== 100) this.#blame(asked, `an interim response of ${own ?? 'nobody'}`);
      this.#head = undefined;
      return true;
    }
    const bodiless = asked.method === 'HEAD' || status === 204 || status === 304;
    const body = bodiless ? Buffer.alloc(0) : this.#reader.body(head, true);
    if (body === undefined) return false;
    this.#head = undefined;
    this.#asked.shift();
    this.#judge(asked, status, own, body);
    if (head.fields.get('connection') === 'close') {
      this.#tally.unanswered += this.#asked.splice(0).length;
      this.#closing = true;
      this.#socket.destroy();
      return false;
    }
    return true;
  }

  #judge(asked: Asked, status: number, own: string | undefined, body: Buffer): void {
    const { tag, method, manner, expected } = asked;
    if (own === undefined && status >= 502 && status <= 504) {
      this.#tally.refused++;
      if (expected.kind === 'whole' && isSafe(method)) this.#blame(asked, `refused with ${status}`);
      return;
    }
    this.#tally.whole++;
    if (method === 'POST' && status < 300) this.#tally.posted.push(asked.number);
    if (own !== tag) this.#blame(asked, `the answer (${status}) of ${own ?? 'nobody'}`);
    else if (status !== manner.status) this.#blame(asked, `status ${status}`);
    else if (!body.equals(bodyOf(tag, body.length))) this.#blame(asked, 'the body of somebody else');
    else if (expected.kind === 'cut') this.#blame(asked, `a clean end of what was broken off, ${body.length} bytes`);
    else if (expected.kind === 'whole' && body.length !== expected.size) this.#blame(asked, `${body.length} bytes`);
    else if (expected.kind === 'either' && body.length !== wholeSize(manner, method))
      this.#blame(asked, `${body.length} bytes`);
  }

  /** The connection is closed: what was asked and not answered was cut, or lost behind it. */
  #close(): void {
    const [first, ...behind] = this.#asked.splice(0);
    if (first === undefined) return;
    this.#tally.cut++;
    this.#tally.unanswered += behind.length;
    // The reset that breaks off one answer may overtake the one before it on its way.
    const isFair = ({ expected, method }: Asked): boolean => expected.kind === 'whole' && isSafe(method);
    if ([first, ...behind].every(isFair)) this.#blame(first, 'cut');
  }

  #blame(asked: Asked | undefined, what: string): void {
    if (asked === undefined) this.#tally.wrong.push(what);
    else this.#tally.wrong.push(`${asked.method} ${asked.tag} [${written(asked.manner)}]: ${what}`);
  }
}

/** What may be asked once more when an idle connection turns out to be closed, so that a fair server is always heard. */
const isSafe = (method: Method): boolean => method === 'GET' || method === 'HEAD';

const wholeSize = (manner: Manner, method: Method): number => {
  const whole = expected({ ...manner, cut: -1, ending: 'end' }, method);
  return whole.kind === 'whole' ? whole.size : -1;
};
