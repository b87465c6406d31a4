/** Whatever is refused says why: in the access log, and in a counter. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { always, ok, RawBackend } from '../support/backends.js';
import { request, responseOrEnding } from '../support/client.js';
import { until } from '../support/deadline.js';
import { bytesOf, isRefusal, rawCases } from '../support/raw-cases.js';
import { everythingTo, startProxy, TestFolder, type TestProxy } from '../support/proxy.js';

interface Line {
  readonly Reason?: string;
  readonly Fault?: string;
  readonly DownstreamStatus: number;
}

/** A proxy, what it has logged once it has logged so much, and its settings. */
async function logging(work: (proxy: TestProxy, lines: (count: number) => Promise<readonly Line[]>) => Promise<void>) {
  await using folder = await TestFolder.create();
  await using app = await RawBackend.start(always(ok));
  const encodedCharacters = { allowEncodedSlash: false };
  const http = { maxHeaderBytes: 8192, encodedCharacters, underscoreHeadersStrategy: 'reject' as const };
  const transport = { respondingTimeouts: { readTimeout: '500ms' } };
  await using proxy = await startProxy({
    entryPoints: { web: { address: '127.0.0.1:0', http, transport } },
    fairlead: { limits: { headTimeout: '500ms' } },
    accessLog: { filePath: folder.file('access.log'), format: 'json' },
    ...everythingTo(app.url),
  });
  await work(proxy, async (count) => (await folder.lines('access.log', count)).map((line) => JSON.parse(line) as Line));
}

/** Sends the bytes and waits for the answer. */
async function refusalOf(proxy: TestProxy, bytes: string | Buffer): Promise<number | string> {
  await using client = await proxy.connect();
  client.socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
  const answer = await responseOrEnding(client);
  return typeof answer === 'string' ? answer : answer.status;
}

const counts = (values: readonly (string | undefined)[]): Readonly<Record<string, number>> => {
  const sums: Record<string, number> = {};
  for (const value of values) sums[value ?? 'none'] = (sums[value ?? 'none'] ?? 0) + 1;
  return sums;
};

/** The faults of heads, by name, as the code has them. */
const faults = [
  ...readFileSync('native/codec/head_fault.cc', 'utf8').matchAll(/\{"([a-z0-9_]+)", Reason::k(?!None)/g),
].map(([, name = '']) => name);
/** Only responses have it. */
const notOfRequests = new Set(['status_line_malformed']);

describe('every refusal says why', () => {
  test('all refused rows: each has a line with a reason, and the counters agree with the log', async () => {
    await logging(async (proxy, lines) => {
      const refused = rawCases.filter(isRefusal);
      for (const each of refused) await refusalOf(proxy, bytesOf(each));
      const logged = await lines(refused.length);
      assert.deepEqual(
        logged.filter(({ Reason, DownstreamStatus }) => Reason === undefined || DownstreamStatus < 400),
        [],
      );
      assert.ok(logged.length >= refused.length);
      const byLog = counts(logged.map(({ Reason }) => Reason));
      await until(() => proxy.proxy.stats().requestsActive === 0, 'all have ended');
      assert.deepEqual(proxy.proxy.stats().reasons, byLog);
      const seen = new Set(logged.map(({ Fault }) => Fault));
      assert.deepEqual(
        faults.filter((fault) => !seen.has(fault) && !notOfRequests.has(fault)),
        [],
        'no row shows these faults',
      );
    });
  });

  const each: Readonly<Record<string, readonly [bytes: string, status: number]>> = {
    malformed_request: [request('GET /', 'X : y'), 400],
    header_too_large: [request('GET /', `X: ${'x'.repeat(9000)}`), 431],
    uri_too_long: [request(`GET /${'x'.repeat(9000)}`), 414],
    head_timeout: ['GET / HTTP/1.1\r\nHost', 408],
    body_timeout: [request('POST /', 'Content-Length: 5'), 408],
    unsupported_version: ['GET / HTTP/2.0\r\nHost: a\r\n\r\n', 505],
    unsupported_coding: [request('POST /', 'Transfer-Encoding: gzip'), 501],
    unsupported_method: ['CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n', 501],
    malformed_body: [`${request('POST /', 'Transfer-Encoding: chunked')}x\r\n`, 400],
    denied_character: [request('GET /a%2fb'), 400],
    denied_header: [request('GET /', 'X_Y: z'), 400],
    expectation_failed: [request('GET /', 'Expect: tea'), 417],
  };
  for (const [reason, [bytes, status]] of Object.entries(each)) {
    test(`${reason} is ${status}, logged and counted`, () =>
      logging(async (proxy, lines) => {
        assert.equal(await refusalOf(proxy, bytes), status);
        const [line] = await lines(1);
        assert.deepEqual([line?.Reason, line?.DownstreamStatus], [reason, status]);
        await until(() => proxy.proxy.stats().requestsActive === 0, 'it has ended');
        assert.deepEqual(proxy.proxy.stats().reasons, { [reason]: 1 });
      }));
  }

  test('client_closed has no answer, and is logged as 499 and counted', () =>
    logging(async (proxy, lines) => {
      const client = await proxy.connect();
      await client.send(request('POST /', 'Content-Length: 5') + 'he');
      await until(() => proxy.proxy.stats().requestsActive === 1, 'it has begun');
      client.reset();
      const [line] = await lines(1);
      assert.deepEqual([line?.Reason, line?.DownstreamStatus], ['client_closed', 499]);
      await until(() => proxy.proxy.stats().reasons['client_closed'] === 1, 'it is counted');
    }));
});
