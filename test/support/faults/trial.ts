/** A crowd against a proxy in front of faulty servers, and the two accounts of it compared. */
import assert from 'node:assert/strict';
import { closedPort } from '../backends.js';
import { until } from '../deadline.js';
import type { MiddlewareInput } from '../../../lib/index.js';
import { everythingTo, startProxy } from '../proxy.js';
import { crowd, type CrowdOptions, type Tally } from './crowd.js';
import { type Accounts, FaultUpstream } from './upstream.js';

export interface TrialOptions extends Omit<CrowdOptions, 'port'> {
  /** Servers that behave as they are told. */
  readonly servers: number;
  /** One more refuses connections; it does unless told otherwise. */
  readonly refusing?: boolean;
  /** Idle connections that are kept for each: few, so that all clients share them. */
  readonly idle: number;
  /** Run for every request. */
  readonly middlewares?: readonly MiddlewareInput[];
  /** Tells of the progress; called now and then. */
  readonly tell?: (text: string) => void;
}

export interface TrialResult {
  readonly tally: Tally;
  readonly accounts: readonly Accounts[];
}

/** Runs to the end; fails when anything was seen that must not be. */
export async function trial(trying: TrialOptions): Promise<TrialResult> {
  const { servers, refusing = true, idle, middlewares = [], tell = () => undefined, ...options } = trying;
  const apps = await Promise.all(Array.from({ length: servers }, () => FaultUpstream.start()));
  try {
    const urls = apps.map(({ url }) => url);
    if (refusing) urls.push(`http://127.0.0.1:${await closedPort()}`);
    await using proxy = await startProxy(everythingTo(urls, { middlewares, transport: { maxIdleConnsPerHost: idle } }));
    const begun = performance.now();
    const tally = await crowd({ ...options, port: proxy.port() }, (done) =>
      tell(`${done} of ${options.requests} requests, ${((performance.now() - begun) / 1000).toFixed(0)} s`),
    );
    await until(() => proxy.proxy.stats().requestsActive === 0, 'nothing is left of the requests');
    const accounts = await Promise.all(apps.map((app) => app.accounts()));
    tell(summary(tally, accounts));
    compare(tally, accounts, options.requests);
    return { tally, accounts };
  } finally {
    for (const app of apps) await app[Symbol.asyncDispose]();
  }
}

function summary(tally: Tally, accounts: readonly Accounts[]): string {
  const { wrong, posted, ...counts } = tally;
  const sum = (of: (account: Accounts) => number): number => accounts.reduce((total, one) => total + of(one), 0);
  return JSON.stringify({
    ...counts,
    wrong: wrong.length,
    posted: posted.length,
    servers: {
      connections: sum(({ connections }) => connections),
      requests: sum(({ requests }) => requests),
      postsBegun: sum(({ begun }) => begun),
      postsCompleted: sum(({ completed }) => completed.length),
      duplicates: sum(({ duplicates }) => duplicates.length),
    },
  });
}

function compare(tally: Tally, accounts: readonly Accounts[], requests: number): void {
  assert.deepEqual(tally.wrong, []);
  for (const { mismatches, duplicates } of accounts) assert.deepEqual([mismatches, duplicates], [[], []]);
  const { whole, refused, cut, left, unanswered } = tally;
  assert.equal(whole + refused + cut + left + unanswered, requests);
  const completed = new Set<number>();
  for (const account of accounts) {
    for (const number of account.completed) {
      assert.ok(!completed.has(number), `POST ${number} was served by two servers`);
      completed.add(number);
    }
  }
  assert.deepEqual(
    tally.posted.filter((number) => !completed.has(number)),
    [],
  );
}
