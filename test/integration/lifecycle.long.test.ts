import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Command } from '../support/command.js';
import { isInstrumented } from '../support/deadline.js';
import { replaceFile } from '../support/deployment.js';
import { FaultUpstream } from '../support/faults/upstream.js';
import { LoadProcess } from '../support/load-process.js';
import { everythingTo, TestFolder } from '../support/proxy.js';

const stops = isInstrumented ? 10 : 200;

/** One start, load from outside, one SIGTERM; the answers that were given. */
async function stopUnderLoad(url: string): Promise<number> {
  await using folder = await TestFolder.create();
  const filename = folder.file('dynamic.yml');
  await replaceFile(filename, everythingTo(url));
  const configFile = await folder.write('fairlead.yml', {
    entryPoints: { web: { address: '127.0.0.1:0' } },
    fairlead: { workers: 2 },
    providers: { file: { filename, watch: false } },
  });
  await using command = new Command([`--configFile=${configFile}`]);
  await using load = await LoadProcess.start({ port: await command.port() });
  command.signal('SIGTERM');
  const { answered, failures } = await load.ended();
  assert.deepEqual(failures, []);
  assert.deepEqual(await command.ended(), { code: 0, signal: null });
  assert.doesNotMatch(command.output, /cut/);
  return answered;
}

test(`G1: ${stops} stops by SIGTERM under load lose no request`, async (context) => {
  await using app = await FaultUpstream.start('answers');
  let answered = 0;
  let left = stops;
  const lane = async (): Promise<void> => {
    while (left-- > 0) {
      answered += await stopUnderLoad(app.url);
      if (left % 20 === 0) context.diagnostic(`${left} stops left, ${answered} answers`);
    }
  };
  await Promise.all([lane(), lane()]);
  context.diagnostic(`${answered} answers over ${stops} stops`);
});
