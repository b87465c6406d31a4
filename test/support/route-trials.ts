/** Asks a running proxy about many requests at once, and compares its decisions with those of the model. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { DynamicConfig } from '../../lib/index.js';
import { within } from './deadline.js';
import type { Random } from './lib/random.js';
import type { TestProxy } from './proxy.js';
import { deciderOf, type ModelRouter, randomRouters, randomTrial, type Trial } from './route-model.js';

/** How often something was decided, so that a test can say that it tried something. */
export interface Tally {
  readonly requests: number;
  readonly taken: number;
  readonly below: number;
}

/** Configuration after configuration, `each` requests to each of them. Fails at the first difference. */
export async function tryRoutes(
  proxy: TestProxy,
  random: Random,
  configurations: number,
  each: number,
): Promise<Tally> {
  const tally = { requests: 0, taken: 0, below: 0 };
  for (let round = 0; round < configurations; round++) {
    const routers = randomRouters(random, round % 10 === 9 ? 300 : 60);
    const { diagnostics } = await proxy.proxy.apply(configurationOf(routers));
    const wrong = diagnostics.filter(({ severity }) => severity === 'error');
    assert.deepEqual(wrong, []);
    const trials = Array.from({ length: each }, () => randomTrial(random));
    const decisions = await decided(proxy.port(), trials);
    const wantedFor = deciderOf(routers);
    for (const [index, trial] of trials.entries()) {
      const wanted = wantedFor(trial.seen);
      tally.requests += 1;
      tally.taken += Number(wanted !== undefined);
      tally.below += Number(/^[cd]/.test(wanted ?? ''));
      if (decisions[index] !== wanted) assert.fail(difference(routers, trial, decisions[index], wanted));
    }
  }
  return tally;
}

function difference(routers: readonly ModelRouter[], trial: Trial, found?: string, wanted?: string): string {
  const shown = [found, wanted].map((name) => {
    const router = routers.find((one) => one.name === name);
    return router === undefined ? 'nothing' : `${router.name} (${router.syntax} ${router.rule})`;
  });
  return `found ${shown[0]}, expected ${shown[1]}, for ${trial.bytes} from ${trial.seen.client}`;
}

type Http = NonNullable<DynamicConfig['http']>;

/** Routers that tell their name, over services that do nothing. */
function configurationOf(routers: readonly ModelRouter[]): DynamicConfig {
  const middlewares: Record<string, NonNullable<Http['middlewares']>[string]> = {};
  const written = routers.map(({ name, rule, syntax, priority, parents, strips }) => {
    middlewares[name] =
      strips === undefined
        ? { headers: { customResponseHeaders: { 'X-Router': name } } }
        : { stripPrefix: { prefixes: [strips] } };
    const place = parents.length === 0 ? { entryPoints: ['web'] } : { parentRefs: [...parents] };
    const service = strips === undefined ? { service: 'noop@internal' } : {};
    const router = { rule, priority, middlewares: [name], ...place, ...service };
    return [name, syntax === 'v2' ? { ...router, ruleSyntax: syntax } : router] as const;
  });
  return { http: { routers: Object.fromEntries(written), middlewares } };
}

/** The routers that the answers name, in the order of the requests. */
async function decided(port: number, trials: readonly Trial[]): Promise<readonly (string | undefined)[]> {
  const found: (string | undefined)[] = [];
  const byClient = new Map<string, number[]>();
  for (const [index, { seen }] of trials.entries()) {
    const known = byClient.get(seen.client);
    if (known === undefined) byClient.set(seen.client, [index]);
    else known.push(index);
  }
  for (const [client, indexes] of byClient) {
    const socket = connect({ host: '127.0.0.1', port, localAddress: client });
    await within(once(socket, 'connect'), 'a connection');
    // A few at a time: neither side has to hold many answers.
    for (let at = 0; at < indexes.length; at += 100) {
      const some = indexes.slice(at, at + 100);
      const answers = await within(
        asked(
          socket,
          some.map((index) => trials[index]?.bytes ?? ''),
        ),
        'answers',
      );
      for (const [position, index] of some.entries()) found[index] = answers[position];
    }
    socket.destroy();
  }
  return found;
}

/** Sends requests one behind the other; the routers that the answers name. */
export async function asked(socket: Socket, requests: readonly string[]): Promise<readonly (string | undefined)[]> {
  const found: (string | undefined)[] = [];
  let text = '';
  socket.write(requests.join(''), 'latin1');
  for await (const [chunk] of dataOf(socket)) {
    text += (chunk as Buffer).toString('latin1');
    for (let end = endOf(text); end >= 0; end = endOf(text)) {
      found.push(nameIn(text.slice(0, end)));
      text = text.slice(end);
    }
    if (found.length === requests.length) break;
  }
  return found;
}

async function* dataOf(socket: Socket): AsyncGenerator<readonly unknown[]> {
  for (;;) yield await once(socket, 'data');
}

/** Where the first answer ends; -1 when it has not come as a whole. */
function endOf(text: string): number {
  const head = text.indexOf('\r\n\r\n');
  if (head < 0) return -1;
  const length = Number(/^content-length: (\d+)\r$/im.exec(text.slice(0, head + 1))?.[1] ?? Number.NaN);
  assert.ok(Number.isInteger(length), text.slice(0, head));
  const end = head + 4 + length;
  return text.length >= end ? end : -1;
}

function nameIn(answer: string): string | undefined {
  const status = answer.slice(9, 12);
  assert.ok(status === '418' || status === '404', answer);
  return /^x-router: (.*)\r$/im.exec(answer)?.[1];
}
