import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Binding, NativeEngine } from '../../../../lib/engine/binding.js';
import { Engine } from '../../../../lib/engine/engine.js';
import type { EngineEvent } from '../../../../lib/engine/events.js';

/** An addon that does what the test tells it to. */
class FakeNative implements NativeEngine {
  static last: FakeNative | undefined;
  readonly #onEvents: () => void;
  readonly calls: string[] = [];
  lines = '';
  health = '';
  limits = '[]';
  counts: readonly bigint[] = [];

  constructor(_options: unknown, onEvents: () => void) {
    this.#onEvents = onEvents;
    FakeNative.last = this;
  }

  /** Reports events as the data plane does: from outside of any call. */
  say(...events: readonly object[]): void {
    this.lines += events.map((event) => `${JSON.stringify(event)}\n`).join('');
    this.#onEvents();
  }
  start = (): void => void this.calls.push('start');
  apply = (bytes: Uint8Array): void => {
    if (bytes.length === 0) throw Object.assign(new Error('no'), { code: 'ERR_FAIRLEAD_CLOSED' });
    this.calls.push(`apply ${bytes.length}`);
  };
  check = (): string[] => ['a fault'];
  readStats = (into: BigUint64Array): number => {
    this.counts.forEach((count, index) => (into[index] = count));
    return this.counts.length;
  };
  explain = (): string => '[{"router":"a@test"}]';
  explainCurrent = (number: number): void => void this.calls.push(`explain ${number}`);
  readLimits = (): string => this.limits;
  receipt = (number: number): void => void this.calls.push(`receipt ${number}`);
  readEvents = (): string => {
    const lines = this.lines;
    this.lines = '';
    return lines;
  };
  readHealth = (): string => this.health;
  drain = (grace: number, limit: number): void => void this.calls.push(`drain ${grace} ${limit}`);
  reopenLogs = (): void => void this.calls.push('reopenLogs');
  ref = (): void => void this.calls.push('ref');
  unref = (): void => void this.calls.push('unref');
  close = (): void => void this.calls.push('close');
}

const binding: Binding = { abi: () => ({ wire: 0n, stats: 0n }), Engine: FakeNative };

function started(): { readonly engine: Engine; readonly native: FakeNative; readonly seen: EngineEvent[] } {
  const seen: EngineEvent[] = [];
  const engine = new Engine(binding, {}, (event) => seen.push(event));
  engine.start();
  const native = FakeNative.last;
  assert.ok(native);
  return { engine, native, seen };
}

describe('applying', () => {
  test('resolves when every worker has the generation', async () => {
    const { engine, native } = started();
    const first = engine.apply(new Uint8Array(1), 1);
    const second = engine.apply(new Uint8Array(2), 2);
    native.say({ type: 'applied', generation: 2 }, { type: 'applied', generation: 1 });
    await Promise.all([first, second]);
    assert.deepEqual(native.calls, ['start', 'ref', 'apply 1', 'apply 2']);
    engine.close();
  });

  const refusals = [
    ['BIND', 'ERR_FAIRLEAD_BIND'],
    ['ACCESS_LOG', 'ERR_FAIRLEAD_LOG'],
    ['PLAN', 'ERR_FAIRLEAD_APPLY'],
  ] as const;
  for (const [native, code] of refusals) {
    test(`rejects ${native} with ${code}`, async () => {
      const { engine, native: fake } = started();
      const applied = engine.apply(new Uint8Array(1), 1);
      fake.say({ type: 'applyFailed', generation: 1, code: native, message: 'because' });
      await assert.rejects(applied, { code, message: /because$/ });
      engine.close();
    });
  }

  test('rejects everything that waits when a snapshot cannot even be read', async () => {
    const { engine, native } = started();
    const applied = engine.apply(new Uint8Array(1), 1);
    native.say({ type: 'applyFailed', generation: 0, code: 'SNAPSHOT', message: 'malformed' });
    await assert.rejects(applied, { code: 'ERR_FAIRLEAD_APPLY' });
    engine.close();
  });

  test('rejects what waits when the engine closes, and what comes later', async () => {
    const { engine } = started();
    const applied = engine.apply(new Uint8Array(1), 1);
    engine.close();
    await assert.rejects(applied, { code: 'ERR_FAIRLEAD_CLOSED' });
    await assert.rejects(engine.apply(new Uint8Array(0), 2), { code: 'ERR_FAIRLEAD_CLOSED' });
  });
});

describe('events', () => {
  test('that this version does not know, or that are broken, are passed over', () => {
    const { engine, native, seen } = started();
    native.lines = 'nonsense\n{"type":"applied"}\n';
    native.say({ type: 'news' }, { type: 'eventsLost', count: 3 });
    assert.deepEqual(seen, [{ type: 'eventsLost', count: 3 }]);
    engine.close();
  });

  test('of the end are still read', () => {
    const { engine, native, seen } = started();
    native.lines = '{"type":"drained","cut":2}\n';
    engine.close();
    assert.deepEqual(seen, [{ type: 'drained', cut: 2 }]);
  });
});

describe('draining', () => {
  test('resolves to what was cut, for every caller', async () => {
    const { engine, native } = started();
    const both = Promise.all([engine.drain(1, 2), engine.drain(0, 0)]);
    native.say({ type: 'drained', cut: 4 });
    assert.deepEqual(await both, [4, 4]);
    assert.deepEqual(native.calls.slice(2), ['drain 1 2', 'drain 0 0']);
    engine.close();
    assert.equal(await engine.drain(1, 1), 0);
  });

  test('ends with the engine', async () => {
    const { engine } = started();
    const drained = engine.drain(0, 60_000);
    engine.close();
    assert.equal(await drained, 0);
  });
});

test('closing is done once, and forgets the exit handler', () => {
  const before = process.listenerCount('exit');
  const { engine, native } = started();
  assert.equal(process.listenerCount('exit'), before + 1);
  engine.close();
  engine.close();
  assert.deepEqual(
    native.calls.filter((call) => call === 'close'),
    ['close'],
  );
  assert.equal(process.listenerCount('exit'), before);
});

test('numbers have names', () => {
  const { engine, native } = started();
  native.counts = [5n, 3n];
  const { connectionsAccepted, connectionsOpen, requestsTotal, reasons } = engine.stats();
  assert.deepEqual([connectionsAccepted, connectionsOpen, requestsTotal, reasons], [5, 3, 0, {}]);
  engine.close();
});

test('limits are told by service, their keys in the order of their names, their times in seconds', () => {
  const { engine, native } = started();
  assert.deepEqual(engine.stats().queues, {});
  const counts = { weight: 1, active: 0, waiting: 0, served: 3, waited: 2, shedFull: 0, shedLate: 0, gone: 0 };
  const keys = ['b', 'a'].map((key) => ({ key, ...counts, waitTime: 1_500_000_000 }));
  native.limits = JSON.stringify([{ service: 'app@file', concurrency: 4, active: 1, waiting: 0, maxLength: 9, keys }]);
  assert.deepEqual(engine.stats().queues, {
    'app@file': {
      concurrency: 4,
      active: 1,
      waiting: 0,
      maxLength: 9,
      keys: [
        { key: 'a', ...counts, waitSeconds: 1.5 },
        { key: 'b', ...counts, waitSeconds: 1.5 },
      ],
    },
  });
  engine.close();
});
