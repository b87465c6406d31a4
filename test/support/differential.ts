/**
 * Sends bytes through the proxy to a real server and compares three readings of them: which requests the proxy says it
 * forwarded, which ones the server saw, and which ones RFC 9112 finds in the bytes. A request that one of them has and
 * another has not is a disagreement, and what attackers smuggle requests through.
 */
import { createReadStream } from 'node:fs';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { until } from './deadline.js';
import { type Message, readMessages } from './lib/messages.js';
import type { Origin, Seen } from './origins.js';
import { everythingTo, startProxy, TestFolder, type TestProxy } from './proxy.js';

/** One line of the access log, as far as it is compared. */
interface Exchange {
  readonly RequestId: string;
  readonly ClientHost: string;
  readonly RequestMethod: string;
  readonly RequestPath: string;
  readonly RequestContentSize: number;
  readonly DownstreamStatus: number;
  readonly OriginStatus: number;
  readonly RetryAttempts: number;
  readonly Reason?: string;
}
const compared = [
  'RequestId',
  'ClientHost',
  'RequestMethod',
  'RequestPath',
  'RequestContentSize',
  'DownstreamStatus',
  'OriginStatus',
  'RetryAttempts',
  'Reason',
];

export interface Outcome {
  readonly origin: string;
  readonly shots: number;
  /** Exchanges that the proxy answered itself. */
  readonly refused: number;
  /** Exchanges that the server answered. */
  readonly forwarded: number;
  /** Exchanges that began at the server and were cut. */
  readonly cut: number;
  /** Forwarded ones that the server refused, by status. */
  readonly rejected: Readonly<Record<string, number>>;
  /** What must not be; each with the bytes that did it, where they are known. */
  readonly disagreements: readonly string[];
}

/** Every shot has an address of its own, by which its lines are found in the log. */
const addressOf = (shot: number): string => `127.${1 + (shot >> 16)}.${(shot >> 8) & 255}.${shot & 255}`;
const shotOf = (address: string): number => {
  const [, high = 0, middle = 0, low = 0] = address.split('.').map(Number);
  return ((high - 1) << 16) | (middle << 8) | low;
};

/**
 * Milliseconds that a client waits for more: for answers that must come, on a busy machine, for the refusal of what is wrong,
 * which may need more bytes to show, and for nothing. Leaving early is no fault, it only cuts what was still on its way.
 */
const patience = { answers: 500, refusal: 60, nothing: 15 };

/** Sends the bytes and leaves when every answer has come that can, or none comes any more. */
function shoot(port: number, shot: number, bytes: string): Promise<void> {
  const { messages, rest } = readMessages(bytes);
  const expected = messages.filter(({ complete }) => complete).length;
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', localAddress: addressOf(shot), noDelay: true });
    let received = '';
    let quiet: NodeJS.Timeout | undefined;
    const leave = (): void => void socket.destroy();
    const wait = (): void => {
      clearTimeout(quiet);
      const answers = received.match(/^HTTP\/1\.1 [2-5]/gm)?.length ?? 0;
      if (answers < expected) quiet = setTimeout(leave, patience.answers);
      else if (rest === 'none') leave();
      else quiet = setTimeout(leave, rest === 'wrong' ? patience.refusal : patience.nothing);
    };
    socket.setEncoding('latin1').on('data', (text: string) => {
      received += text;
      wait();
    });
    socket.on('error', () => undefined);
    socket.on('end', leave);
    socket.on('close', () => {
      clearTimeout(quiet);
      resolve();
    });
    socket.write(Buffer.from(bytes, 'latin1'), wait);
  });
}

const shooters = 16;

async function shootAll(proxy: TestProxy, shots: readonly string[]): Promise<void> {
  let next = 0;
  const work = async (): Promise<void> => {
    for (let shot = next++; shot < shots.length; shot = next++) await shoot(proxy.port(), shot, shots[shot] ?? '');
  };
  await Promise.all(Array.from({ length: shooters }, work));
  await until(() => proxy.proxy.stats().requestsActive === 0, 'nothing is left of them', 60_000);
}

async function exchangesIn(file: string): Promise<readonly Exchange[]> {
  const exchanges: Exchange[] = [];
  for await (const line of createInterface({ input: createReadStream(file) })) {
    exchanges.push(JSON.parse(line) as Exchange);
  }
  return exchanges;
}

/** Collects what must not be. */
class Comparison {
  readonly #shots: readonly string[];
  readonly #origin: Origin;
  readonly #exchanges = new Map<string, Exchange>();
  readonly #seen = new Map<string, Seen[]>();
  readonly disagreements: string[] = [];
  readonly rejected: Record<string, number> = {};

  constructor(shots: readonly string[], origin: Origin, exchanges: readonly Exchange[], seen: readonly Seen[]) {
    this.#shots = shots;
    this.#origin = origin;
    for (const exchange of exchanges) {
      if (this.#exchanges.has(exchange.RequestId)) this.#complain('an id twice', exchange);
      this.#exchanges.set(exchange.RequestId, exchange);
    }
    for (const message of seen) this.#seen.set(message.id, [...(this.#seen.get(message.id) ?? []), message]);
  }

  #complain(what: string, about: unknown, exchange?: Exchange): void {
    const bytes = exchange && this.#shots[shotOf(exchange.ClientHost)];
    this.disagreements.push(
      `${what}: ${JSON.stringify(about)}${bytes === undefined ? '' : ` of ${JSON.stringify(bytes)}`}`,
    );
  }

  /** Every message that the server saw is one that the proxy knows, and means the same to both. */
  originAgrees(): void {
    for (const [id, messages] of this.#seen) {
      const exchange = this.#exchanges.get(id);
      for (const message of messages) {
        if (exchange !== undefined) this.#compareMessage(message, exchange);
        // Refused heads have no id; there are as many as the proxy was told of, see answersAreSeen().
        else if (message.status < 400) this.#complain('the server saw what the proxy did not send', message);
      }
    }
  }

  #compareMessage(message: Seen, exchange: Exchange): void {
    if (message.status >= 400) return;
    const { RequestMethod: method, RequestPath: target, RequestContentSize: size, Reason: reason } = exchange;
    if (message.method !== method || message.target !== target) {
      this.#complain('the server saw another request', [message, method, target], exchange);
    }
    if (message.size !== undefined && message.size !== size) {
      this.#complain('the server saw another body', [message, size], exchange);
    }
    if (this.#origin.readsBodies && reason === 'malformed_body') {
      this.#complain('the server saw the end of a body that is broken', message, exchange);
    }
  }

  /** Every answer of the server is to one message that it saw, and every refusal arrived at the proxy. */
  answersAreSeen(): void {
    // Neither side names a refusal whose exchange was cut before the proxy was told.
    let nameless = this.#seen.get('-')?.length ?? 0;
    let untold = 0;
    for (const exchange of this.#exchanges.values()) {
      const { OriginStatus: status, RetryAttempts: retries } = exchange;
      const seen = this.#seen.get(exchange.RequestId)?.length ?? 0;
      if (seen > 1 + retries) this.#complain(`the server saw ${seen} messages`, exchange, exchange);
      if (status >= 400) this.rejected[status] = (this.rejected[status] ?? 0) + 1;
      if (status === 0 && seen === 0 && exchange.Reason === 'client_closed') untold++;
      if (status === 0 || seen > 0) continue;
      if (status >= 400) nameless--;
      else this.#complain('the server saw no message', exchange, exchange);
    }
    if (nameless < 0 || nameless > untold) this.#complain(`${nameless} refusals too many`, this.#seen.get('-'));
  }

  /** What the proxy forwarded on one connection are messages of its bytes, in their order. */
  clientAgrees(): void {
    const byShot = new Map<number, Exchange[]>();
    for (const exchange of this.#exchanges.values()) {
      const shot = shotOf(exchange.ClientHost);
      byShot.set(shot, [...(byShot.get(shot) ?? []), exchange]);
    }
    for (const [shot, exchanges] of byShot) {
      const { messages } = readMessages(this.#shots[shot] ?? '');
      for (const [index, exchange] of exchanges.entries()) {
        if (exchange.OriginStatus > 0) this.#compareExchange(exchange, messages[index]);
      }
    }
  }

  #compareExchange(exchange: Exchange, sent: Message | undefined): void {
    if (sent?.method !== exchange.RequestMethod) {
      this.#complain('the client did not send', exchange, exchange);
      return;
    }
    // An answer that comes before the body has been read ends the reading of it.
    if (!this.#origin.readsBodies || exchange.OriginStatus >= 400) return;
    if (!sent.complete) this.#complain('the client did not complete', exchange, exchange);
    else if (sent.body.length !== exchange.RequestContentSize) {
      this.#complain('the client sent another body', exchange, exchange);
    }
  }
}

/** Sends every shot on a connection of its own and compares. */
export async function compare(shots: readonly string[], start: () => Promise<Origin>): Promise<Outcome> {
  await using folder = await TestFolder.create();
  await using origin = await start();
  const file = folder.file('access.log');
  const names = Object.fromEntries(compared.map((name) => [name, 'keep' as const]));
  {
    await using proxy = await startProxy({
      accessLog: { filePath: file, format: 'json', fields: { defaultMode: 'drop', names } },
      ...everythingTo(origin.url),
    });
    await shootAll(proxy, shots);
  }
  const exchanges = await exchangesIn(file);
  const seen = await origin.stop();
  const comparison = new Comparison(shots, origin, exchanges, seen);
  comparison.originAgrees();
  comparison.answersAreSeen();
  comparison.clientAgrees();
  const forwarded = exchanges.filter(({ OriginStatus }) => OriginStatus > 0).length;
  const cut = exchanges.filter(
    ({ OriginStatus, DownstreamStatus, Reason }) =>
      OriginStatus === 0 && (Reason === 'client_closed' || DownstreamStatus === 499),
  ).length;
  return {
    origin: origin.name,
    shots: shots.length,
    refused: exchanges.length - forwarded - cut,
    forwarded,
    cut,
    rejected: comparison.rejected,
    disagreements: comparison.disagreements,
  };
}
