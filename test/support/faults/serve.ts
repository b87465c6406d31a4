/**
 * A server that treats each request as the request asks for, and keeps account of what it was sent. A process of its own,
 * so that neither its work nor its pauses are those of the test. Started by upstream.ts.
 */
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { type Manner, parsed, plain, responseOf, secondHalf } from './manner.js';
import { type MessageHead, MessageReader } from './message-reader.js';
import type { Accounts, Behaviour, Order } from './upstream.js';

const started = { requests: 0, connections: 0, mismatches: [] as string[] };
/** How often the request of a number arrived, and whether the server had done with it and began to answer. */
const seen = new Map<number, number>();
const completed = new Set<number>();
const duplicates: number[] = [];
const open = new Set<Socket>();

const numberOf = (tag: string): number => Number(tag.slice(1));

/** A request that must not be repeated was begun. */
function count(method: string, tag: string): void {
  started.requests++;
  if (method !== 'POST') return;
  const number = numberOf(tag);
  const times = (seen.get(number) ?? 0) + 1;
  seen.set(number, times);
  if (times === 2) duplicates.push(number);
}

/** One connection from the proxy. */
class Serving {
  readonly #socket: Socket;
  readonly #reader = new MessageReader();
  #head: MessageHead | undefined;
  #manner: Manner = plain;
  #tag = '';
  #method = '';
  #answered = false;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (bytes: Buffer) => {
      this.#reader.push(bytes);
      this.#advance();
    });
    socket.on('end', () => socket.end());
    socket.on('error', () => undefined);
  }

  #advance(): void {
    for (;;) {
      if (this.#head === undefined && !this.#begin()) return;
      const body = this.#head === undefined ? undefined : this.#reader.body(this.#head, false);
      if (body === undefined) return;
      this.#head = undefined;
      if (!body.equals(Buffer.alloc(body.length, `${this.#tag},`))) {
        started.mismatches.push(`the body of ${this.#tag} is ${body.subarray(0, 100).toString('latin1')}`);
      }
      if (!this.#answered) this.#answer();
    }
  }

  #begin(): boolean {
    const head = this.#reader.head();
    if (head === undefined) return false;
    const [method = '', target = ''] = head.line.split(' ');
    this.#head = head;
    this.#method = method;
    this.#tag = target.slice(1);
    this.#manner = parsed(head.fields.get('x-manner') ?? '');
    this.#answered = false;
    count(method, this.#tag);
    if (head.fields.get('x-tag') !== this.#tag) started.mismatches.push(`the head of ${this.#tag}`);
    // Before the body is read: it may never be.
    if (this.#manner.early || this.#manner.cut === 0) this.#answer();
    return true;
  }

  #answer(): void {
    this.#answered = true;
    const manner = this.#manner;
    if (this.#method === 'POST' && manner.cut !== 0) completed.add(numberOf(this.#tag));
    const bytes = responseOf(manner, this.#tag, this.#method);
    if (manner.pause > 0) setTimeout(() => this.#send(bytes, manner), manner.pause);
    else this.#send(bytes, manner);
  }

  #send(bytes: Buffer, manner: Manner): void {
    if (this.#socket.destroyed) return;
    // In pieces to begin with; a long body would take for ever.
    const size = manner.piece === 0 || bytes.length > 2000 ? bytes.length : manner.piece;
    if (bytes.length > 0) this.#socket.write(bytes.subarray(0, size));
    if (size < bytes.length) setImmediate(() => this.#send(bytes.subarray(size), manner));
    else if (manner.rest === 'split') setTimeout(() => this.#end(manner.ending, secondHalf), 1);
    else this.#end(manner.ending);
  }

  #end(ending: Manner['ending'], last = ''): void {
    if (this.#socket.destroyed) return;
    if (last !== '') this.#socket.write(last);
    if (ending === 'reset') this.#socket.resetAndDestroy();
    else if (ending === 'end') this.#socket.destroySoon();
    else if (ending === 'half') this.#socket.end();
  }
}

/** Answers everything with 200 at once. */
function answer(socket: Socket): void {
  const reader = new MessageReader();
  socket.on('error', () => undefined);
  socket.on('end', () => socket.end());
  socket.on('data', (bytes: Buffer) => {
    reader.push(bytes);
    while (reader.head() !== undefined) {
      started.requests++;
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    }
  });
}

const behaviours: Readonly<Record<Behaviour, (socket: Socket) => void>> = {
  manners: (socket) => {
    new Serving(socket);
  },
  answers: answer,
  deaf: (socket) => void socket.on('error', () => undefined).pause(),
  resets: (socket) => socket.resetAndDestroy(),
  ends: (socket) => void socket.on('error', () => undefined).end(),
};

function accounts(): Accounts {
  return {
    ...started,
    duplicates,
    begun: seen.size,
    completed: [...completed],
  };
}

process.on('message', (order: Order) => {
  if (order === 'accounts') process.send?.(accounts());
  if (order === 'reset connections') for (const socket of open) socket.resetAndDestroy();
});
process.on('disconnect', () => process.exit(0));

const behave = behaviours[process.argv[2] as Behaviour];
const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
  started.connections++;
  open.add(socket);
  socket.on('close', () => open.delete(socket));
  behave(socket);
});
server.listen({ port: 0, host: '127.0.0.1', backlog: 4000 }, () =>
  process.send?.((server.address() as AddressInfo).port),
);
