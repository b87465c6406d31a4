// What the soak concludes from figures: a verdict that cannot fail would make an hour worthless.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readSoakArguments } from '../../../bench/soak/arguments.js';
import { dynamicFile } from '../../../bench/soak/configuration.js';
import { reasonsIn } from '../../../bench/soak/disturb.js';
import { Ledger, type Failure } from '../../../bench/soak/ledger.js';
import type { Sample } from '../../../bench/soak/samples.js';
import { SERIES, trendOf } from '../../../bench/soak/series.js';
import { fit, least, middle, perMinute } from '../../../bench/soak/slopes.js';

const near = (actual: number, expected: number): void =>
  assert.ok(Math.abs(actual - expected) < 1e-9, `${actual} instead of ${expected}`);

test('a straight line is found again', () => {
  const line = fit([0, 1, 2, 3].map((hours) => ({ hours, value: 5 + 2 * hours })));
  near(line.slope, 2);
  near(line.start, 5);
  near(line.error, 0);
});

test('points that do not suffice for a line have no certain slope', () => {
  assert.equal(Number.isNaN(fit([{ hours: 0, value: 1 }]).error), true);
});

test('the samples of a minute become one point', () => {
  const points = [0, 10, 20, 70].map((seconds) => ({ hours: seconds / 3600, value: seconds }));
  assert.deepEqual(
    perMinute(points, middle).map(({ value }) => value),
    [10, 70],
  );
  assert.deepEqual(
    perMinute(points, least).map(({ value }) => value),
    [0, 70],
  );
});

function samplesOf(rssAt: (hours: number) => number): readonly Sample[] {
  return Array.from({ length: 720 }, (_, index) => {
    const seconds = index * 5;
    return { seconds, rssBytes: rssAt(seconds / 3600) } as Sample;
  });
}

function verdictOnMemory(rssAt: (hours: number) => number): boolean {
  const series = SERIES.find(({ name }) => name === 'RSS');
  assert.ok(series !== undefined);
  return trendOf(series, samplesOf(rssAt), 900).isBeyond;
}

// A saw of 10 %, as garbage collection makes it.
const saw = (hours: number): number => 10e6 * ((hours * 47) % 1);

test('memory that goes up and down has no slope', () =>
  assert.equal(
    verdictOnMemory((hours) => 100e6 + saw(hours)),
    false,
  ));
test('memory that grows by a tenth an hour is beyond its limit', () =>
  assert.equal(
    verdictOnMemory((hours) => 100e6 + saw(hours) + 15e6 * hours),
    true,
  ));
test('what grows during the warm-up only is no slope', () =>
  assert.equal(
    verdictOnMemory((hours) => 100e6 + 50e6 * Math.min(hours, 0.25)),
    false,
  ));

test('a limit is a share of what was measured, not of where a steep line begins', () => {
  const series = SERIES.find(({ name }) => name === 'RSS');
  assert.ok(series !== undefined);
  const late = samplesOf((hours) => (hours < 0.9 ? 1e6 : 500e6));
  const { line, limitPerHour } = trendOf(series, late, 900);
  assert.ok(line.start < 0);
  assert.ok(limitPerHour !== undefined && limitPerHour > 0);
});

test('only a kill at the time excuses a failure, and only where the server may be killed', () => {
  const failures: Failure[] = [];
  const ledger = new Ledger((failure) => failures.push(failure));
  ledger.failed('get', 'status 502', performance.now(), true);
  ledger.noteKill();
  ledger.failed('get', 'status 502', performance.now(), true);
  ledger.failed('get', 'status 502', performance.now(), false);
  ledger.failed('get', 'status 502', performance.now() + 60_000, true);
  assert.deepEqual(
    failures.map(({ outcome }) => outcome),
    ['unexpected', 'documented', 'unexpected', 'unexpected'],
  );
  assert.deepEqual(ledger.counts, { get: { 'unexpected: status 502': 3, 'documented: status 502': 1 } });
});

test('reasons are counted by status and service', () => {
  const line = (fields: object): string => `${JSON.stringify(fields)}\n`;
  const log = line({ Reason: 'no_route', DownstreamStatus: 404 }) + line({ DownstreamStatus: 500, ServiceName: 'app' });
  assert.deepEqual(reasonsIn(log + log), { '404 no_route -': 2, '500 of the server app': 2 });
});

test('neighbouring generations differ, and all name their number', () => {
  const ports = { web: 1, secure: 2, app: [3, 4] as const, steady: 5, probe: 6 };
  const texts = [1, 2, 3, 12].map((generation) => JSON.stringify(dynamicFile(generation, ports)));
  assert.equal(new Set(texts).size, 4);
  assert.match(texts[3] ?? '', /"X-Generation":"12"/);
});

test('a warm-up that leaves nothing to measure is refused', () => {
  const read = (...argv: readonly string[]): unknown => readSoakArguments(argv, '/', new Date(0));
  assert.equal(read('--minutes=5', '--warmup=5'), '--warmup must be shorter than --minutes');
  assert.equal(typeof read('--minutes=many'), 'string');
  assert.equal((read('--minutes=8') as { warmupMinutes: number }).warmupMinutes, 2);
});
