import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { timed, ample, until } from '../support/deadline.js';
import { FaultUpstream } from '../support/faults/upstream.js';
import { LoadProcess } from '../support/load-process.js';
import { everythingTo, startProxy, TestFolder, type TestProxy } from '../support/proxy.js';

/** A proxy whose access log is a pipe that nobody reads; `read` takes all that is in it. */
async function withBlockedLog(run: (proxy: TestProxy, read: () => Promise<string>) => Promise<void>): Promise<void> {
  await using folder = await TestFolder.create();
  const filePath = folder.file('pipe');
  execFileSync('mkfifo', [filePath]);
  const reader = await open(filePath, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const read = async (): Promise<string> => {
      const { bytesRead, buffer } = await reader
        .read(Buffer.alloc(4 << 20))
        .catch(() => ({ bytesRead: 0, buffer: '' }));
      return buffer.toString('latin1').slice(0, bytesRead);
    };
    await using app = await FaultUpstream.start('answers');
    await using proxy = await startProxy({ accessLog: { filePath, format: 'json' }, ...everythingTo(app.url) });
    await run(proxy, read);
  } finally {
    await reader.close();
  }
}

describe('E11: an access log whose reader has stopped', () => {
  test('holds up no request; lines beyond a bound are dropped and counted, and it goes on when it is read again', async () => {
    await withBlockedLog(async (proxy, read) => {
      const stats = () => proxy.proxy.stats();
      await using load = await LoadProcess.start({ port: proxy.port() });
      await until(() => stats().accessLogDropped > 100, 'lines are dropped', 4 * ample);
      const { answered } = await load.report();
      await until(async () => (await load.report()).answered > answered + 100, 'load goes on');
      const last = await load.stop();
      assert.deepEqual(last.failures, []);
      let text = '';
      await until(async () => {
        text += await read();
        return text.split('\n').length - 1 >= stats().accessLogLines;
      }, 'every line that was counted as written arrives');
      await until(
        () => stats().accessLogLines + stats().accessLogDropped === last.answered,
        'every line is accounted for',
      );
      for (const line of text.split('\n').slice(0, -1)) JSON.parse(line);
    });
  });

  test('does not hold up the end of the proxy', async () => {
    await withBlockedLog(async (proxy) => {
      await using load = await LoadProcess.start({ port: proxy.port() });
      await until(() => proxy.proxy.stats().accessLogDropped > 0, 'lines are dropped', 4 * ample);
      await load.stop();
      const { took } = await timed(() => proxy.proxy.close({ drain: 0 }));
      assert.ok(took < ample, `${took} ms`);
    });
  });
});
