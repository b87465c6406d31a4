/** A name server for tests: answers what it is told to, over UDP and, for long answers, TCP (RFC 1035). */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';

/** What a name is an alias of. */
export interface Alias {
  readonly cname: string;
  /** Seconds. */
  readonly timeToLive?: number;
}

/** Addresses or the alias of a name; `silent` answers nothing at all. A name that is not in the table does not exist. */
export type Zone = Map<string, readonly string[] | Alias | 'silent'>;

const typeA = 1;
const typeCname = 5;
const longestDatagram = 512;

function nameIn(query: Buffer): { readonly name: string; readonly end: number } {
  const labels: string[] = [];
  let at = 12;
  for (let size = query[at] ?? 0; size > 0; size = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + size));
    at += 1 + size;
  }
  return { name: labels.join('.').toLowerCase(), end: at + 1 };
}

/** The records of one type; the alias of a name is told to those only who ask for it. */
function recordsOf(type: number, found: readonly string[] | Alias | undefined): readonly Buffer[] {
  if (found === undefined) return [];
  if (!('cname' in found)) {
    return type === typeA ? found.map((address) => record(typeA, 0, Buffer.from(address.split('.').map(Number)))) : [];
  }
  return type === typeCname ? [record(typeCname, found.timeToLive ?? 60, encodedName(found.cname))] : [];
}

/** A pointer to the name in the question, and what belongs to it. */
function record(type: number, timeToLive: number, data: Buffer): Buffer {
  const head = Buffer.from([0xc0, 12, 0, type, 0, 1, 0, 0, 0, 0, 0, 0]);
  head.writeUInt32BE(timeToLive, 6);
  head.writeUInt16BE(data.length, 10);
  return Buffer.concat([head, data]);
}

const encodedName = (name: string): Buffer =>
  Buffer.concat([
    ...name.split('.').flatMap((label) => [Buffer.from([label.length]), Buffer.from(label)]),
    Buffer.of(0),
  ]);

/** The answer to a query; undefined for none. */
function answerTo(query: Buffer, zone: Zone, asked: string[]): Buffer | undefined {
  const { name, end } = nameIn(query);
  const type = query.readUInt16BE(end);
  if (type === typeA || type === typeCname) asked.push(name);
  const found = zone.get(name);
  if (found === 'silent') return undefined;
  const records = recordsOf(type, found);
  const head = Buffer.alloc(12);
  query.copy(head, 0, 0, 2);
  head.writeUInt16BE(0x8580 | (found === undefined ? 3 : 0), 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt16BE(records.length, 6);
  return Buffer.concat([head, query.subarray(12, end + 4), ...records]);
}

/** Says that the answer is to be asked for over TCP. */
function truncated(answer: Buffer, questionEnd: number): Buffer {
  const short = Buffer.from(answer.subarray(0, questionEnd));
  short.writeUInt16BE(short.readUInt16BE(2) | 0x0200, 2);
  short.writeUInt16BE(0, 6);
  return short;
}

/** Listens on port 53 of the loopback address: in a network namespace of one's own. What was asked for is in the result. */
export async function serveNames(zone: Zone): Promise<readonly string[]> {
  const asked: string[] = [];
  const udp = createSocket('udp4');
  udp.on('message', (query, { address, port }) => {
    const answer = answerTo(query, zone, asked);
    if (answer === undefined) return;
    const fits = answer.length <= longestDatagram;
    udp.send(fits ? answer : truncated(answer, nameIn(query).end + 4), port, address);
  });
  udp.bind(53, '127.0.0.1');
  await once(udp, 'listening');
  const tcp = createServer((socket) => {
    let received = Buffer.alloc(0);
    socket.on('error', () => undefined);
    socket.on('data', (bytes: Buffer) => {
      received = Buffer.concat([received, bytes]);
      while (received.length >= 2 && received.length >= 2 + received.readUInt16BE(0)) {
        const size = received.readUInt16BE(0);
        const answer = answerTo(received.subarray(2, 2 + size), zone, asked);
        received = received.subarray(2 + size);
        if (answer === undefined) continue;
        const length = Buffer.alloc(2);
        length.writeUInt16BE(answer.length);
        socket.write(Buffer.concat([length, answer]));
      }
    });
  });
  tcp.listen(53, '127.0.0.1');
  await once(tcp, 'listening');
  return asked;
}
