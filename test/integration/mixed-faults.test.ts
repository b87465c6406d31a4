/**
 * Many clients at once over few shared connections to a server that does everything wrong in turn. Nobody may ever see a
 * byte of another's answer, and nothing that must not be sent twice may be.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Conversation, RawBackend, type RawRequest } from '../support/backends.js';
import { Ended } from '../support/byte-reader.js';
import { Client, type RawResponse, request } from '../support/client.js';
import { ample, until, within } from '../support/deadline.js';
import { valueOf } from '../support/http1.js';
import { everythingTo, startProxy } from '../support/proxy.js';
import { Random } from '../support/lib/random.js';

/** What a server does with one request; `isFair` ones answer properly, whatever they do afterwards. */
interface Manner {
  readonly isFair: boolean;
  readonly act: (conversation: Conversation, tag: string) => void;
}

const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));
const body = (tag: string): string => `${tag};`.repeat(20);
const head = (tag: string, ...fields: readonly string[]): string =>
  `HTTP/1.1 200 OK\r\nX-Tag: ${tag}\r\n${fields.map((field) => `${field}\r\n`).join('')}\r\n`;
const whole = (tag: string): string => `${head(tag, `Content-Length: ${body(tag).length}`)}${body(tag)}`;
const chunks = (tag: string): string => `${tag.length.toString(16)}\r\n${tag}\r\n`.repeat(3);
const poison = whole('poison');

const fair = (act: Manner['act']): Manner => ({ isFair: true, act });
const foul = (act: Manner['act']): Manner => ({ isFair: false, act });

const manners: Readonly<Record<string, Manner>> = {
  plain: fair((to, tag) => to.send(whole(tag))),
  chunked: fair((to, tag) => to.send(`${head(tag, 'Transfer-Encoding: chunked')}${chunks(tag)}0\r\n\r\n`)),
  interim: fair((to, tag) => to.send(`HTTP/1.1 103 Early Hints\r\nX-Tag: ${tag}\r\n\r\n${whole(tag)}`)),
  late: fair((to, tag) => void pause(3).then(() => to.send(whole(tag)))),
  inPieces: fair((to, tag) => {
    to.send(whole(tag).slice(0, 30));
    void pause(2).then(() => to.send(whole(tag).slice(30)));
  }),
  thenEnd: fair((to, tag) => to.end(whole(tag))),
  toClose: fair((to, tag) => to.end(`${head(tag)}${body(tag)}`)),
  withRest: fair((to, tag) => to.send(whole(tag) + poison)),
  chunkedWithRest: fair((to, tag) =>
    to.send(`${head(tag, 'Transfer-Encoding: chunked')}${chunks(tag)}0\r\n\r\n${poison}`),
  ),
  fullNoContent: fair((to, tag) => to.send(`HTTP/1.1 204 No Content\r\nX-Tag: ${tag}\r\n\r\n${poison}`)),
  silentEnd: foul((to) => to.end()),
  reset: foul((to) => to.reset()),
  resetInHead: foul((to, tag) => {
    to.send(`HTTP/1.1 200 OK\r\nX-Tag: ${tag}`);
    void pause(1).then(() => to.reset());
  }),
  endInBody: foul((to, tag) => to.end(whole(tag).slice(0, -20))),
  endInChunks: foul((to, tag) => to.end(`${head(tag, 'Transfer-Encoding: chunked')}${chunks(tag)}`)),
  nonsense: foul((to) => to.send('NONSENSE\r\n\r\n')),
};
const names = Object.keys(manners);

async function serve(conversation: Conversation): Promise<void> {
  for (;;) {
    const asked = await conversation.request();
    if (asked === undefined) return;
    const manner = manners[valueOf(asked.fields, 'x-manner') ?? ''];
    const tag = tagOf(asked);
    if (asked.line.startsWith('HEAD ')) conversation.send(head(tag, 'Content-Length: 5'));
    else manner?.act(conversation, tag);
    await pause(0);
  }
}

const tagOf = ({ line }: RawRequest): string => line.split(' ')[1]?.slice(1) ?? '';

const methods = ['GET', 'GET', 'GET', 'HEAD', 'POST', 'PUT'] as const;

interface Account {
  answered: number;
  refused: number;
  cut: number;
  left: number;
  readonly wrong: string[];
}

function check(response: RawResponse, tag: string, what: string, account: Account): void {
  if (response.status === 502) {
    account.refused++;
    return;
  }
  account.answered++;
  const own = response.header('x-tag') === tag && response.text.replaceAll(tag, '').replaceAll(';', '') === '';
  if (!own) account.wrong.push(`${what}: ${response.line} ${response.header('x-tag') ?? ''} ${response.text}`);
}

/** One client after the other: each keeps its connection until it is cut or tired of waiting. */
async function clients(port: number, number: number, count: number, account: Account): Promise<void> {
  const random = new Random(number);
  let client: Client | undefined;
  for (let i = 0; i < count; i++) {
    const current: Client = (client ??= await Client.connect(port));
    const tag = `t${number}-${i}`;
    const method = random.pick(methods);
    const name = random.pick(names);
    const manner = `X-Manner: ${name}`;
    const sent =
      method === 'POST'
        ? request(`POST /${tag}`, manner, 'Transfer-Encoding: chunked') + '3\r\nabc\r\n0\r\n\r\n'
        : method === 'PUT'
          ? request(`PUT /${tag}`, manner, 'Content-Length: 3') + 'abc'
          : request(`${method} /${tag}`, manner);
    current.socket.write(sent);
    if (random.chance(12)) {
      // Gone while the answer is on its way.
      await pause(random.below(4));
      current.reset();
      client = undefined;
      account.left++;
      continue;
    }
    const what = `${method} ${name} ${tag}`;
    try {
      const response = await current.response(method);
      check(response, tag, what, account);
      if (response.status === 502 && method === 'GET' && manners[name]?.isFair === true)
        account.wrong.push(`${what}: 502`);
      if (response.header('connection') === 'close') {
        current.socket.destroy();
        client = undefined;
      }
    } catch (thrown) {
      if (!(thrown instanceof Ended)) throw thrown;
      if (manners[name]?.isFair === true) account.wrong.push(`${what}: cut`);
      account.cut++;
      current.socket.destroy();
      client = undefined;
    }
  }
  client?.socket.destroy();
}

test('answers reach those who asked, and nothing is sent twice that must not be', async () => {
  await using app = await RawBackend.start(serve);
  await using proxy = await startProxy(everythingTo(app.url, { transport: { maxIdleConnsPerHost: 4 } }));
  const account: Account = { answered: 0, refused: 0, cut: 0, left: 0, wrong: [] };
  const all = Array.from({ length: 16 }, (_, number) => clients(proxy.port(), number, 150, account));
  await within(Promise.all(all), 'every request has come to its end', 4 * ample);
  assert.deepEqual(account.wrong, []);
  assert.deepEqual(app.failures, []);
  const { answered, refused, cut, left } = account;
  assert.equal(answered + refused + cut + left, 16 * 150);
  assert.ok(answered > 1000 && refused > 100 && cut > 100 && left > 100, JSON.stringify(account));
  const posts = app.requests.filter(({ line }) => line.startsWith('POST ')).map(tagOf);
  assert.equal(new Set(posts).size, posts.length);
  await until(() => proxy.proxy.stats().requestsActive === 0, 'nothing is left of them');
});
