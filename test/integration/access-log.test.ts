import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { describe, test } from 'node:test';
import type { ProxyConfig } from '../../lib/index.js';
import { EchoBackend } from '../support/backends.js';
import { request, responseOrEnding } from '../support/client.js';
import { until } from '../support/deadline.js';
import { Load } from '../support/load.js';
import { everythingTo, startProxy, TestFolder, type TestProxy } from '../support/proxy.js';

const quoted = '"((?:[^"\\\\]|\\\\.)*)"';
const commonLine = new RegExp(
  `^(\\S+) - (\\S+) \\[([^\\]]+)\\] ${quoted} (\\d{3}) (\\d+) ${quoted} ${quoted} (\\d+) ${quoted} ${quoted} (\\d+)ms$`,
);
const keepHeaders = { headers: { defaultMode: 'keep' } } as const;

/** What a quoted column stands for, each character one byte. */
const unescaped = (text: string): string =>
  text.replace(/\\(?:x([0-9a-f]{2})|(.))/g, (_, hex: string | undefined, character: string) =>
    hex === undefined ? character : String.fromCharCode(Number.parseInt(hex, 16)),
  );

const columnsOf = (line: string): readonly string[] => {
  const columns = commonLine.exec(line)?.slice(1);
  assert.ok(columns, `no line of the common format: ${line}`);
  return columns;
};

const logging = (folder: TestFolder, settings: object, url: string): ProxyConfig => ({
  accessLog: { filePath: folder.file('access.log'), ...settings },
  ...everythingTo(url),
});

describe('access log lines', () => {
  test('of the common format say who asked what and what came of it', async () => {
    await using folder = await TestFolder.create();
    await using app = await EchoBackend.start();
    await using proxy = await startProxy(logging(folder, { fields: keepHeaders }, app.url));
    const response = await proxy.ask(request('GET /path?q=1', 'User-Agent: test/1', 'Referer: http://r.example/'));
    await proxy.ask('GET / HTTP/1.0\r\n\r\n');
    const [first = '', second = ''] = await folder.lines('access.log', 2);
    const [client, user, date = '', line, status, size, referer, agent, count, router, server] = columnsOf(first);
    assert.deepEqual([client, user, line, status], ['127.0.0.1', '-', 'GET /path?q=1 HTTP/1.1', '200']);
    assert.match(date, /^\d{2}\/[A-Z][a-z]{2}\/\d{4}:\d{2}:\d{2}:\d{2} \+0000$/);
    assert.equal(Number(size), response.body.bytes.length);
    assert.deepEqual([referer, agent, count], ['http://r.example/', 'test/1', '1']);
    assert.deepEqual([router, server], ['all@memory', app.url]);
    assert.equal(columnsOf(second)[3], 'GET / HTTP/1.0');
  });

  test('of the JSON format have the same facts by name', async () => {
    await using folder = await TestFolder.create();
    await using app = await EchoBackend.start();
    await using proxy = await startProxy(logging(folder, { format: 'json', fields: keepHeaders }, app.url));
    const response = await proxy.ask(request('POST /path?q=1', 'User-Agent: test/1', 'Content-Length: 4') + 'body');
    const [line = ''] = await folder.lines('access.log');
    const facts = JSON.parse(line) as Record<string, unknown>;
    const expected = {
      entryPointName: 'web',
      RouterName: 'all@memory',
      ServiceName: 'app@memory',
      ServiceURL: app.url,
      ClientHost: '127.0.0.1',
      RequestMethod: 'POST',
      RequestPath: '/path?q=1',
      RequestProtocol: 'HTTP/1.1',
      RequestHost: 'a',
      RequestContentSize: 4,
      OriginStatus: 200,
      DownstreamStatus: 200,
      DownstreamContentSize: response.body.bytes.length,
      'request_User-Agent': 'test/1',
      level: 'info',
    };
    assert.deepEqual(Object.fromEntries(Object.keys(expected).map((name) => [name, facts[name]])), expected);
    assert.ok(Math.abs(Date.parse(String(facts['StartUTC'])) - Date.now()) < 60_000);
    assert.ok(Number(facts['Duration']) >= Number(facts['OriginDuration']));
  });
});

/** Bytes that end, forge or colour lines of a log, where a request can hold them. */
const hostile: readonly (readonly [string, string])[] = [
  ['quotes', '" 200 0 "-" "forged'],
  ['backslashes', 'a\\" b\\'],
  ['escaped line ends', '%0d%0a127.0.0.1 - - [x] "GET / HTTP/1.1" 200'],
  ['a C1 control (CSI)', 'red\x9b31m'],
  ['UTF-8', 'é\u00e2\u0080\u00a8'],
  ['bytes that are no UTF-8', '\xff\xfe\xc3'],
  ['JSON', '","DownstreamStatus":200,"x":"'],
];

/** Bytes that no request may hold; sent all the same. */
const refused: readonly (readonly [string, string])[] = [
  ['ESC in a field', request('GET /refused', 'User-Agent: \x1b[31mred')],
  ['NUL in a field', request('GET /refused', 'User-Agent: a\0b')],
  ['a line end in a field', request('GET /refused', 'User-Agent: a\nb: c')],
  ['ESC in the target', request('GET /\x1b[2J')],
  ['ESC in the method', request('GE\x1bT /')],
  ['a bare CR in the target', request('GET /a\rb')],
];

describe('nobody forges lines (A56)', () => {
  for (const format of ['common', 'json'] as const) {
    const served = async (folder: TestFolder, url: string): Promise<TestProxy> =>
      startProxy(logging(folder, { format, fields: keepHeaders }, url));
    /** The one line there is, and that it can do no harm. */
    const onlyLine = async (folder: TestFolder): Promise<string> => {
      const [line = '', ...more] = await folder.lines('access.log');
      assert.deepEqual(more, []);
      const bytes = await readFile(folder.file('access.log'), 'latin1');
      assert.match(bytes, /^[\x20-\x7e]+\n$/);
      return line;
    };

    for (const [what, text] of hostile) {
      test(`with ${what} (${format})`, async () => {
        await using folder = await TestFolder.create();
        await using app = await EchoBackend.start();
        await using proxy = await served(folder, app.url);
        const target = `/${text.replaceAll(/[^\x21-\x7e]/g, '+')}`;
        const response = await proxy.ask(request(`GET ${target}`, `User-Agent: ${text}`, `Referer: ${text}`));
        const line = await onlyLine(folder);
        const logged =
          format === 'json'
            ? ((facts: Record<string, unknown>) => [
                facts['RequestPath'],
                facts['request_User-Agent'],
                facts['request_Referer'],
              ])(JSON.parse(line) as Record<string, unknown>)
            : [columnsOf(line)[3]?.split(' ')[1], columnsOf(line)[7], columnsOf(line)[6]].map((column) =>
                unescaped(column ?? ''),
              );
        const header = Buffer.from(text, 'latin1').toString('latin1');
        assert.deepEqual(logged.slice(1), [header, header]);
        if (response.status === 200) assert.equal(logged[0], app.last.url);
      });
    }

    for (const [what, bytes] of refused) {
      test(`with ${what} (${format})`, async () => {
        await using folder = await TestFolder.create();
        await using app = await EchoBackend.start();
        await using proxy = await served(folder, app.url);
        await using client = await proxy.connect();
        await client.send(bytes);
        const answer = await responseOrEnding(client);
        assert.equal(typeof answer === 'string' ? answer : answer.status, 400);
        const line = await onlyLine(folder);
        const status =
          format === 'json' ? (JSON.parse(line) as Record<string, unknown>)['DownstreamStatus'] : columnsOf(line)[4];
        assert.equal(Number(status), 400);
        assert.equal(app.requests.length, 0);
      });
    }
  }
});

/** Mounts a file system of one megabyte; false where that is not allowed. */
function mountSmall(path: string): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', path], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

describe('E10: a log that cannot be written', () => {
  const answeredUnder = async (proxy: TestProxy, requests: number): Promise<number> => {
    await using load = new Load(proxy.port(), { fresh: 0 });
    await until(() => load.answered >= requests, 'load runs');
    await load.stop();
    assert.deepEqual(load.failures, []);
    return load.answered;
  };

  test('does not stop traffic, and its lines are counted as dropped', async () => {
    await using app = await EchoBackend.start();
    await using proxy = await startProxy({ accessLog: { filePath: '/dev/full' }, ...everythingTo(app.url) });
    const answered = await answeredUnder(proxy, 100);
    await until(() => proxy.proxy.stats().accessLogDropped === answered, 'the lines are given up');
    assert.equal(proxy.proxy.stats().accessLogLines, 0);
  });

  test('goes on with whole lines once there is room on its disk again', async (context) => {
    await using folder = await TestFolder.create();
    if (!mountSmall(folder.path)) {
      context.skip('mounting is not allowed');
      return;
    }
    try {
      await using app = await EchoBackend.start();
      await using proxy = await startProxy(logging(folder, {}, app.url));
      // Leaves room for some dozens of lines.
      await writeFile(folder.file('filler'), Buffer.alloc(1012 * 1024));
      let answered = await answeredUnder(proxy, 1000);
      const stats = () => proxy.proxy.stats();
      await until(() => stats().accessLogDropped > 0, 'the disk is full');
      await writeFile(folder.file('filler'), '');
      const written = (await folder.lines('access.log')).length;
      answered += await answeredUnder(proxy, 100);
      await until(() => stats().accessLogLines + stats().accessLogDropped === answered, 'every line is accounted for');
      const lines = await folder.lines('access.log', written + 100);
      const whole = lines.filter((line) => commonLine.test(line));
      // At most the line that filled the disk is torn.
      assert.ok(lines.length - whole.length <= 1, lines.filter((line) => !commonLine.test(line)).join('\n'));
      await until(
        async () =>
          (await folder.lines('access.log')).filter((line) => commonLine.test(line)).length === stats().accessLogLines,
        'as many whole lines are there as were counted',
      );
    } finally {
      execFileSync('umount', ['--lazy', folder.path]);
    }
  });
});
