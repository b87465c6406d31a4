// What 100,000 routers cost the control plane, in time of the processor: clocks on the wall say more about the machine.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Configuration } from '../../../lib/merge/model.js';
import { allDiagnostics } from '../../../lib/merge/model.js';
import { installFromObject } from '../../../lib/install/read.js';
import { settingsOf } from '../../../lib/compile/settings.js';
import { assemble, assembling, type Delivered, PrepareMemory, prepare, preparing } from '../../../lib/pipeline.js';
import { loadDocument, ReferencedFiles } from '../../../lib/providers/load.js';
import { realPorts } from '../../../lib/providers/ports.js';
import type { LoadedDocument } from '../../../lib/schema/loaded.js';
import { LargeText } from '../../../lib/source/large-text.js';
import { parseText } from '../../../lib/source/parse.js';
import { ValidateMemory } from '../../../lib/validate/validate.js';
import { finish, inTurns, type Work } from '../../../lib/work.js';
import { testPair } from '../../support/lib/compiled.js';
import { type Format, formats, manyRouters } from '../../support/lib/many-routers.js';

const count = 100_000;
/** Seconds of the processor that a first load may take; a reload of a part of it takes half. */
const budget = 10;
/** Sanitizers and coverage make everything slower. */
const slowdown = Number(process.env['FAIRLEAD_TEST_SLOWDOWN'] ?? '1');

const entryPoints = { web: { address: ':80' } };
const install = await installFromObject({ entryPoints }, 'the test', {
  environment: {},
  workingDirectory: '/',
  cpus: 1,
  readText: () => Promise.reject(new Error('no files here')),
});
const settings = settingsOf(install.config, { value: {}, origin: install.originOf.bind(install) });
const around = { ready: true, hostName: 'proxy', defaultCertificate: testPair, adminSocket: '/run/admin.sock' };

async function load(name: string, text: string): Promise<LoadedDocument> {
  const { document } = parseText({ name, text });
  assert.ok(document);
  const ports = realPorts({});
  return loadDocument(document, ports, new ReferencedFiles(ports));
}

function toBytes(
  documents: readonly LoadedDocument[],
  previous?: Configuration,
): { readonly configuration: Configuration; readonly size: number } {
  const delivered: Delivered = { provider: 'file', documents, findings: [] };
  const configuration = assemble([delivered], settings, { now: new Date(), previous });
  assert.equal(allDiagnostics(configuration).length, 0);
  return { configuration, size: prepare(configuration, install, around).encoded.bytes.length };
}

async function secondsOf<T>(work: () => Promise<T> | T): Promise<{ readonly seconds: number; readonly result: T }> {
  const before = process.cpuUsage();
  const result = await work();
  const { user, system } = process.cpuUsage(before);
  return { seconds: (user + system) / 1e6, result };
}

describe('F7: 100,000 routers', () => {
  for (const format of formats) {
    test(`in one ${format} file become a snapshot within ${budget} s of the processor`, async () => {
      const text = manyRouters(count, format);
      const { seconds, result } = await secondsOf(async () => toBytes([await load(`a.${format}`, text)]));
      console.log(`${format}: ${seconds.toFixed(1)} s, ${Math.round(result.size / count)} bytes a router`);
      assert.equal(result.configuration.routers.size, count);
      assert.ok(result.size / count < 150, `${result.size / count} bytes`);
      assert.ok(seconds < budget * slowdown, `${seconds} s`);
    });
  }

  test('in a hundred files take half of the budget when one file changes', async () => {
    const part = (index: number, format: Format = 'yml'): Promise<LoadedDocument> =>
      load(`${index}.${format}`, manyRouters(count / 100, format, `f${index}-`));
    const documents = await Promise.all(Array.from({ length: 100 }, (_, index) => part(index)));
    const first = await secondsOf(() => toBytes(documents));
    const changed = [...documents.slice(1), await part(100)];
    const second = await secondsOf(() => toBytes(changed, first.result.configuration));
    console.log(`first ${first.seconds.toFixed(1)} s, then ${second.seconds.toFixed(1)} s`);
    assert.ok(second.seconds < (budget / 2) * slowdown, `${second.seconds} s`);
  });

  for (const format of ['yml', 'json'] as const)
    test(`of which one changes, in one ${format} file, are the same objects but for that one`, async () => {
      const [large, memory, prepared] = [new LargeText(), new ValidateMemory(), new PrepareMemory()];
      const ports = realPorts({});
      const loaded = new WeakMap<object, LoadedDocument>();
      let previous: Configuration | undefined;
      const run = async (text: string): Promise<Configuration> => {
        const parts = finish(large.read({ name: `a.${format}`, text }));
        assert.ok(parts);
        const documents: LoadedDocument[] = [];
        for (const part of parts) {
          const known = loaded.get(part) ?? (await loadDocument(part, ports, new ReferencedFiles(ports)));
          loaded.set(part, known);
          documents.push(known);
        }
        const delivered = { provider: 'file', documents, findings: [] };
        previous = assemble([delivered], settings, { now: new Date(), previous, memory });
        finish(preparing(previous, install, around, prepared));
        return previous;
      };
      const text = manyRouters(count, format);
      const all = await secondsOf(() => run(text));
      const one = await secondsOf(() => run(text.replace('h50000.example.com', 'other.example.com')));
      console.log(`${format}: all ${all.seconds.toFixed(2)} s, one ${one.seconds.toFixed(2)} s`);
      const others = [...one.result.routers].filter(([name, router]) => all.result.routers.get(name) !== router);
      assert.deepEqual(
        others.map(([name]) => name),
        ['r50000@file'],
      );
    });

  test('are worked on in turns that are short', async () => {
    const document = await load('a.json', manyRouters(count, 'json'));
    const delivered = { provider: 'file', documents: [document], findings: [] };
    // Clocks on the wall say more about the machine, so it is steps that are counted: none may be a large part of the whole.
    const counted = function* <T>(work: Work<T>, steps: { count: number }): Work<T> {
      for (;;) {
        const { done, value } = work.next();
        if (done === true) return value;
        steps.count += 1;
        yield;
      }
    };
    const steps = { count: 0 };
    const configuration = await inTurns(counted(assembling([delivered], settings, { now: new Date() }), steps));
    await inTurns(counted(preparing(configuration, install, around), steps));
    assert.ok(steps.count > count / 64, `${steps.count} steps`);
  });
});
