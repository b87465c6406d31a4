import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { always, type Conversation, ok, RawBackend } from '../support/backends.js';
import { type RawResponse, request } from '../support/client.js';
import { valueOf } from '../support/http1.js';
import { ample, timed } from '../support/deadline.js';
import { everythingTo, startProxy } from '../support/proxy.js';

const expecting = request('POST /', 'Expect: 100-continue', 'Content-Length: 5');

/** Reads a body of five bytes. */
const five = async ({ reader }: Conversation): Promise<string> => (await reader.take(5)).toString();

describe('Expect: 100-continue', () => {
  test("is passed on, and the server's 100 comes back before the body is sent (A51)", async () => {
    const seen: unknown[] = [];
    await using app = await RawBackend.start(async (conversation) => {
      const head = await conversation.head();
      seen.push(valueOf(head?.fields ?? [], 'expect'), conversation.reader.rest.length);
      conversation.send('HTTP/1.1 100 Continue\r\n\r\n');
      seen.push(await five(conversation));
      conversation.send(ok);
    });
    await using proxy = await startProxy(everythingTo(app.url));
    await using client = await proxy.connect();
    await client.send(expecting);
    assert.equal((await client.head()).line, 'HTTP/1.1 100 Continue');
    await client.send('hello');
    assert.equal((await client.response()).status, 200);
    assert.deepEqual(seen, ['100-continue', 0, 'hello']);
  });

  test('is answered once by us when the server says nothing for a second', async () => {
    await using app = await RawBackend.start(async (conversation) => {
      await conversation.head();
      await five(conversation);
      conversation.send(`HTTP/1.1 100 Continue\r\n\r\n${ok}`);
    });
    await using proxy = await startProxy(everythingTo(app.url));
    await using client = await proxy.connect();
    await client.send(expecting);
    const { result, took } = await timed(() => client.head());
    assert.equal(result.status, 100);
    assert.ok(took >= 900 && took < ample, `${took} ms`);
    await client.send('hello');
    const interim: RawResponse[] = [];
    assert.equal((await client.response('POST', interim)).status, 200);
    assert.equal(interim.length, 0);
  });

  test('may be followed by the body at once', async () => {
    await using app = await RawBackend.start(async (conversation) => {
      await conversation.head();
      conversation.send('HTTP/1.1 100 Continue\r\n\r\n');
      await five(conversation);
      conversation.send(ok);
    });
    await using proxy = await startProxy(everythingTo(app.url));
    await using client = await proxy.connect();
    assert.equal((await client.ask(`${expecting}hello`)).status, 200);
  });

  test('lets the server refuse without the body; the connections are not used again (A51)', async () => {
    await using app = await RawBackend.start(async (conversation) => {
      await conversation.head();
      conversation.send('HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n');
    });
    await using proxy = await startProxy(everythingTo(app.url));
    await using client = await proxy.connect();
    const response = await client.ask(expecting);
    assert.deepEqual([response.status, response.header('connection')], [413, 'close']);
    assert.equal((await client.closed()).rest, '');
    await app.endingOf(0);
    assert.equal(app.conversations[0]?.reader.rest.length, 0);
  });
});

describe('D10: interim responses', () => {
  test('are relayed in order, with their fields', async () => {
    const hints = 'HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\nLink: </b.js>\r\n\r\n';
    const processing = 'HTTP/1.1 102 Processing\r\n\r\n';
    await using app = await RawBackend.start(always(hints + processing + hints + ok));
    await using proxy = await startProxy(everythingTo(app.url));
    await using client = await proxy.connect();
    for (let i = 0; i < 2; i++) {
      const interim: RawResponse[] = [];
      await client.send(request('GET /'));
      assert.equal((await client.response('GET', interim)).status, 200);
      assert.deepEqual(
        interim.map(({ status }) => status),
        [103, 102, 103],
      );
      assert.deepEqual(interim[0]?.fields, [
        ['Link', '</a.css>; rel=preload'],
        ['Link', '</b.js>'],
      ]);
    }
    assert.equal(app.connections, 1);
  });

  test('reach the client before the final one is there', async () => {
    let proceed = (): void => undefined;
    await using app = await RawBackend.start(async (conversation) => {
      await conversation.request();
      conversation.send('HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n');
      proceed = () => conversation.send(ok);
    });
    await using proxy = await startProxy(everythingTo(app.url));
    await using client = await proxy.connect();
    await client.send(request('GET /'));
    assert.equal((await client.head()).status, 103);
    proceed();
    assert.equal((await client.response()).status, 200);
  });

  test('are kept from a client of HTTP/1.0, which would take the first of them for the answer', async () => {
    const hints = 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n';
    await using app = await RawBackend.start(always(hints + hints + ok));
    await using proxy = await startProxy(everythingTo(app.url));
    await using client = await proxy.connect();
    const interim: RawResponse[] = [];
    await client.send('GET / HTTP/1.0\r\nHost: a\r\n\r\n');
    const response = await client.response('GET', interim);
    assert.deepEqual([response.status, response.text, interim.length], [200, 'ok', 0]);
  });

  test('without end are given up: 502', async () => {
    await using app = await RawBackend.start(always('HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(1000) + ok));
    await using proxy = await startProxy(everythingTo(app.url));
    await using client = await proxy.connect();
    const interim: RawResponse[] = [];
    await client.send(request('GET /'));
    assert.equal((await client.response('GET', interim)).status, 502);
    assert.ok(interim.length <= 21, `${interim.length}`);
    await app.endingOf(0);
  });

  test('that nobody asked for: 100 is dropped, 101 is refused', async () => {
    await using continues = await RawBackend.start(always(`HTTP/1.1 100 Continue\r\n\r\n${ok}`));
    await using first = await startProxy(everythingTo(continues.url));
    await using client = await first.connect();
    const interim: RawResponse[] = [];
    await client.send(request('GET /'));
    assert.equal((await client.response('GET', interim)).status, 200);
    assert.equal(interim.length, 0);

    const switching = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
    await using switches = await RawBackend.start(always(switching));
    await using second = await startProxy(everythingTo(switches.url));
    assert.equal((await second.ask(request('GET /'))).status, 502);
    await switches.endingOf(0);
  });
});
