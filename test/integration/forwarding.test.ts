import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { always, EchoBackend, field, RawBackend } from '../support/backends.js';
import { request } from '../support/client.js';
import { valuesOf } from '../support/http1.js';
import { everythingTo, startProxy } from '../support/proxy.js';

describe('the request line', () => {
  const methods = ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'PROPFIND', 'M-SEARCH'];
  test('keeps the method', async () => {
    await using app = await EchoBackend.start();
    await using proxy = await startProxy(everythingTo(app.url));
    await using client = await proxy.connect();
    for (const method of methods) {
      const response = await client.ask(request(`${method} /m`, 'Content-Length: 0'));
      assert.deepEqual([method, response.status, response.echoed.method], [method, 200, method]);
    }
    assert.equal((await client.ask(request('HEAD /m'), 'HEAD')).status, 200);
    assert.equal(app.last.method, 'HEAD');
  });

  const targets: readonly (readonly [sent: string, seen: string, why: string])[] = [
    ['/a/b?x=1&y=%2F%20+&x=2', '/a/b?x=1&y=%2F%20+&x=2', 'escapes and order of a query'],
    ['/?', '/?', 'an empty query'],
    ['/a?b?c', '/a?b?c', 'a question mark in a query'],
    ['/%2F%5C%3B%25%3F%23', '/%2F%5C%3B%25%3F%23', 'escapes of reserved characters'],
    ['/%e2%82%ac', '/%E2%82%AC', 'upper case digits'],
    ['/%77ww', '/www', 'escapes that were not needed are undone'],
    ['/a/../b/./c//d', '/b/c/d', 'dot segments and empty ones'],
    ['/a/', '/a/', 'a slash at the end'],
    ['/a;v=1/b', '/a;v=1/b', 'parameters of segments'],
    ['/x?a=1;b=2', '/x?a=1&b=2', 'semicolons separate'],
  ];
  for (const [sent, seen, why] of targets) {
    test(`${sent} arrives as ${seen}: ${why} (A39, A41)`, async () => {
      await using app = await EchoBackend.start();
      await using proxy = await startProxy(everythingTo(app.url));
      assert.equal((await proxy.ask(request(`GET ${sent}`))).status, 200);
      assert.equal(app.last.url, seen);
    });
  }

  test('has the authority of an absolute form as Host (A29)', async () => {
    await using app = await EchoBackend.start();
    await using proxy = await startProxy(everythingTo(app.url, { rule: 'Host(`b.example`)' }));
    const response = await proxy.ask(request('GET http://b.example/x?y'));
    assert.equal(response.status, 200);
    assert.deepEqual([app.last.url, field(app.last, 'host')], ['/x?y', 'b.example']);
  });
});

describe('Host', () => {
  test('is passed on as the client wrote it, with its port', async () => {
    await using app = await EchoBackend.start();
    await using proxy = await startProxy(everythingTo(app.url));
    await proxy.ask('GET / HTTP/1.1\r\nHost: Shop.Example:8080\r\n\r\n');
    assert.equal(field(app.last, 'host')?.toLowerCase(), 'shop.example:8080');
  });

  test("is the server's when passHostHeader is false", async () => {
    await using app = await EchoBackend.start();
    await using proxy = await startProxy(everythingTo(app.url, { passHostHeader: false }));
    await proxy.ask(request('GET /'));
    assert.equal(field(app.last, 'host'), `127.0.0.1:${app.port}`);
    assert.equal(field(app.last, 'x-forwarded-host'), 'a');
  });

  test('routes whatever its letter case and with a dot at its end, among 150 others (A28)', async () => {
    await using app = await EchoBackend.start();
    const hosts = Array.from({ length: 150 }, (_, index) => `Host(\`h${index}.example\`)`);
    await using proxy = await startProxy(everythingTo(app.url, { rule: hosts.join(' || ') }));
    for (const host of ['h7.example', 'H7.EXAMPLE', 'h7.example.', 'h149.Example:99']) {
      assert.equal((await proxy.ask(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`)).status, 200, host);
    }
    assert.equal((await proxy.ask('GET / HTTP/1.1\r\nHost: h150.example\r\n\r\n')).status, 404);
  });
});

describe('request fields', () => {
  test('arrive with their spelling, order and values', async () => {
    await using app = await EchoBackend.start();
    await using proxy = await startProxy(everythingTo(app.url));
    const sent = [
      ['x-lower', '1'],
      ['X-UPPER', '2'],
      ['X-Twice', 'a'],
      ['X-Twice', 'b'],
      ['Cookie', 'a=1; b=2'],
      ['X-Empty', ''],
      ['X-Latin', 'caf\u00e9'],
      ['X-Quoted', '"a, b"'],
    ] as const;
    await proxy.ask(request('GET /', ...sent.map(([name, value]) => `${name}: ${value}`)));
    const names = new Set(sent.map(([name]) => name.toLowerCase()));
    assert.deepEqual(
      app.last.fields.filter(([name]) => names.has(name.toLowerCase())),
      sent,
    );
  });

  test('of one hop stay on it', async () => {
    await using app = await EchoBackend.start();
    await using proxy = await startProxy(everythingTo(app.url));
    const hop = [
      'Keep-Alive: timeout=5',
      'Proxy-Connection: keep-alive',
      'Proxy-Authorization: Basic eDp5',
      'TE: gzip',
    ];
    await proxy.ask(request('GET /', 'Connection: keep-alive, X-Mine', 'X-Mine: 1', 'X-Other: 2', ...hop));
    for (const name of ['connection', 'keep-alive', 'proxy-connection', 'proxy-authorization', 'te', 'x-mine']) {
      const values = valuesOf(app.last.fields, name).filter((value) => value !== 'keep-alive');
      assert.deepEqual([name, values], [name, []]);
    }
    assert.equal(field(app.last, 'x-other'), '2');
  });

  test('announce that trailers are taken when the client takes them', async () => {
    await using app = await EchoBackend.start();
    await using proxy = await startProxy(everythingTo(app.url));
    await proxy.ask(request('GET /', 'TE: gzip;q=0.5, trailers', 'Connection: TE'));
    assert.equal(field(app.last, 'te'), 'trailers');
  });

  test('do not gain what nobody sent', async () => {
    await using app = await EchoBackend.start();
    await using proxy = await startProxy(everythingTo(app.url));
    await proxy.ask(request('GET /'));
    for (const name of ['user-agent', 'accept', 'accept-encoding', 'content-length', 'transfer-encoding', 'via']) {
      assert.equal(field(app.last, name), undefined, name);
    }
  });

  test('carry the id of the request: one of ours, or the one it had', async () => {
    await using app = await EchoBackend.start();
    await using proxy = await startProxy(everythingTo(app.url));
    await proxy.ask(request('GET /'));
    await proxy.ask(request('GET /'));
    await proxy.ask(request('GET /', 'X-Request-Id: mine'));
    const ids = app.requests.map((each) => field(each, 'x-request-id'));
    assert.match(ids[0] ?? '', /^[0-9a-f]{16}$/);
    assert.notEqual(ids[0], ids[1]);
    assert.equal(ids[2], 'mine');
  });
});

describe('the response', () => {
  test('arrives with status, reason, fields and body, without what belonged to the hop', async () => {
    const head = [
      'HTTP/1.1 299 Quite Fine',
      'x-lower: 1',
      'Set-Cookie: a=1',
      'Set-Cookie: b=2',
      'Connection: X-Hop',
      'X-Hop: 1',
      'Keep-Alive: timeout=5',
      'Proxy-Authenticate: Basic',
      'Date: Sat, 01 Jan 2000 00:00:00 GMT',
      'Content-Length: 4',
    ];
    await using app = await RawBackend.start(always(`${head.join('\r\n')}\r\n\r\nbody`));
    await using proxy = await startProxy(everythingTo(app.url));
    const response = await proxy.ask(request('GET /'));
    assert.equal(response.line, 'HTTP/1.1 299 Quite Fine');
    assert.equal(response.text, 'body');
    assert.deepEqual(response.headers('set-cookie'), ['a=1', 'b=2']);
    assert.deepEqual(
      response.fields.map(([name]) => name),
      ['x-lower', 'Set-Cookie', 'Set-Cookie', 'Date', 'Content-Length'],
    );
    assert.equal(response.header('date'), 'Sat, 01 Jan 2000 00:00:00 GMT');
  });

  test('gets a Date when it has none', async () => {
    await using app = await RawBackend.start(always('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'));
    await using proxy = await startProxy(everythingTo(app.url));
    const date = Date.parse((await proxy.ask(request('GET /'))).header('date') ?? '');
    assert.ok(Math.abs(Date.now() - date) < 60_000);
  });

  test('of an HTTP/1.0 server is raised to 1.1 and its connection not used again', async () => {
    await using app = await RawBackend.start(always('HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok'));
    await using proxy = await startProxy(everythingTo(app.url));
    await using client = await proxy.connect();
    for (let i = 0; i < 2; i++) assert.equal((await client.ask(request('GET /'))).line, 'HTTP/1.1 200 OK');
    assert.equal(app.connections, 2);
  });
});

describe('an HTTP/1.0 client', () => {
  test('is answered and closed', async () => {
    await using app = await EchoBackend.start();
    await using proxy = await startProxy(everythingTo(app.url));
    await using client = await proxy.connect();
    const response = await client.ask('GET / HTTP/1.0\r\nHost: a\r\n\r\n');
    assert.deepEqual([response.status, response.header('connection')], [200, 'close']);
    assert.equal((await client.closed()).rest, '');
    assert.equal(app.last.version, '1.1');
  });

  test('keeps its connection when it asks to', async () => {
    await using app = await EchoBackend.start();
    await using proxy = await startProxy(everythingTo(app.url));
    await using client = await proxy.connect();
    for (let i = 0; i < 3; i++) {
      const response = await client.ask('GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n');
      assert.deepEqual([response.status, response.header('connection')], [200, 'keep-alive']);
    }
  });

  test('gets no chunks, no interim responses and no trailers', async () => {
    const chunked =
      'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n';
    await using app = await RawBackend.start(always(chunked));
    await using proxy = await startProxy(everythingTo(app.url));
    await using client = await proxy.connect();
    const response = await client.ask('GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n');
    assert.deepEqual([response.status, response.body.framing, response.text], [200, 'close', 'hello']);
    assert.equal(response.header('trailer'), undefined);
  });
});
