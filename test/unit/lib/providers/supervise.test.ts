import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Delivery } from '../../../../lib/providers/define.js';
import { supervise } from '../../../../lib/providers/supervise.js';
import { together } from '../../../../lib/providers/together.js';
import { objectDocument } from '../../../../lib/source/object.js';

const delivery = (fingerprint: string, value: unknown = { http: { routers: { [fingerprint]: {} } } }): Delivery => ({
  documents: [{ document: objectDocument(value, 'test'), files: new Map(), findings: [], broken: [] }],
  findings: [],
  fingerprint,
});

/** A sequence that is fed by the test. */
function feed() {
  const waiting: (() => void)[] = [];
  const queue: (Delivery | Error)[] = [];
  let starts = 0;
  async function* start(signal: AbortSignal): AsyncIterable<Delivery> {
    starts += 1;
    while (!signal.aborted) {
      const next = queue.shift();
      if (next instanceof Error) throw next;
      if (next !== undefined) yield next;
      else
        await new Promise<void>((resolve) => {
          waiting.push(resolve);
          signal.addEventListener('abort', () => resolve());
        });
    }
  }
  const put = (...items: readonly (Delivery | Error)[]) => {
    queue.push(...items);
    waiting.splice(0).forEach((resolve) => resolve());
  };
  return { start, put, starts: () => starts };
}

/** Sleeps that end when the test says so. */
function sleeper() {
  const sleeps: { readonly milliseconds: number; readonly end: () => void }[] = [];
  const sleep = (milliseconds: number, signal?: AbortSignal) =>
    new Promise<void>((resolve) => {
      sleeps.push({ milliseconds, end: resolve });
      signal?.addEventListener('abort', () => resolve());
    });
  return { sleeps, sleep };
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

function run(throttle: number) {
  const source = feed();
  const time = sleeper();
  const stop = new AbortController();
  const got: Delivery[] = [];
  const reading = (async () => {
    const options = { throttle, ports: { sleep: time.sleep }, signal: stop.signal };
    for await (const one of supervise('file', source.start, options)) got.push(one);
  })();
  return {
    source,
    time,
    got,
    end: async () => {
      stop.abort();
      await reading;
    },
  };
}

const fingerprints = (got: readonly Delivery[]) => got.map(({ fingerprint }) => fingerprint);

describe('supervise', () => {
  test('lets the first delivery through at once, then the last of each interval', async () => {
    const { source, time, got, end } = run(2_000);
    source.put(delivery('a'));
    await settle();
    assert.deepEqual(fingerprints(got), ['a']);
    source.put(delivery('b'), delivery('c'));
    await settle();
    assert.deepEqual(fingerprints(got), ['a']);
    assert.deepEqual(
      time.sleeps.map(({ milliseconds }) => milliseconds),
      [2_000],
    );
    time.sleeps[0]?.end();
    await settle();
    assert.deepEqual(fingerprints(got), ['a', 'c']);
    await end();
  });

  test('skips what says the same', async () => {
    const { source, got, end } = run(0);
    source.put(delivery('a'));
    await settle();
    source.put(delivery('a'));
    await settle();
    source.put(delivery('b'));
    await settle();
    assert.deepEqual(fingerprints(got), ['a', 'b']);
    await end();
  });

  test('starts a failed provider again, with growing pauses, and keeps what it delivered', async () => {
    const { source, time, got, end } = run(0);
    source.put(delivery('a'));
    await settle();
    source.put(new Error('gone'));
    await settle();
    assert.deepEqual(got[1]?.documents, got[0]?.documents);
    assert.equal(got[1]?.findings[0]?.code, 'FL7002');
    assert.match(got[1].findings[0].message, /provider "file" failed: gone/);
    source.put(new Error('still'));
    time.sleeps[0]?.end();
    await settle();
    source.put(delivery('b'));
    time.sleeps[1]?.end();
    await settle();
    assert.deepEqual(
      time.sleeps.map(({ milliseconds }) => milliseconds),
      [500, 1_000],
    );
    assert.equal(source.starts(), 3);
    assert.deepEqual(got.at(-1)?.findings, []);
    await end();
  });

  test('takes a totally empty configuration for an accident, and an empty section for an order', async () => {
    const { source, got, end } = run(0);
    source.put(delivery('a'));
    await settle();
    source.put(delivery('nothing', {}));
    await settle();
    assert.deepEqual(got[1]?.documents, got[0]?.documents);
    assert.equal(got[1]?.findings[0]?.code, 'FL7003');
    source.put(delivery('cleared', { http: {} }));
    await settle();
    assert.equal(fingerprints(got).at(-1), 'cleared');
    await end();
  });

  test('ends with a provider that ends', async () => {
    async function* once(): AsyncIterable<Delivery> {
      yield delivery('a');
    }
    const got: Delivery[] = [];
    const options = { throttle: 0, ports: { sleep: sleeper().sleep }, signal: new AbortController().signal };
    for await (const one of supervise('file', once, options)) got.push(one);
    assert.deepEqual(fingerprints(got), ['a']);
  });
});

test('together tells who has delivered what, and who has not yet', async () => {
  const [one, two] = [feed(), feed()];
  const stop = new AbortController();
  const sources = new Map([
    ['one', one.start(stop.signal)],
    ['two', two.start(stop.signal)],
  ]);
  const got: string[] = [];
  const reading = (async () => {
    for await (const { byProvider, missing } of together(sources, stop.signal)) {
      got.push(
        `${[...byProvider].map(([name, { fingerprint }]) => `${name}=${fingerprint}`).join(',')} without ${missing.join(',')}`,
      );
    }
  })();
  two.put(delivery('a'));
  await settle();
  one.put(delivery('b'));
  await settle();
  assert.deepEqual(got, ['two=a without one', 'one=b,two=a without ']);
  stop.abort();
  await reading;
});
