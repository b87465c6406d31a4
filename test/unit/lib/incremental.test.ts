// A configuration that is worked out with the memory of the one before is the one that is worked out from nothing.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { settingsOf } from '../../../lib/compile/settings.js';
import { installFromObject } from '../../../lib/install/read.js';
import { allDiagnostics, type Configuration, type Item } from '../../../lib/merge/model.js';
import { assembling, type Encoded, PrepareMemory, preparing } from '../../../lib/pipeline.js';
import type { LoadedDocument } from '../../../lib/schema/loaded.js';
import { LargeText } from '../../../lib/source/large-text.js';
import { parseText } from '../../../lib/source/parse.js';
import { ValidateMemory } from '../../../lib/validate/validate.js';
import type { Refusal } from '../../../lib/validate/refusals.js';
import { finish } from '../../../lib/work.js';
import { testPair } from '../../support/lib/compiled.js';
import { manyRouters } from '../../support/lib/many-routers.js';
import { mutated, seeds } from '../../support/lib/mutated-configurations.js';
import { Random } from '../../support/lib/random.js';
import { optionsServed, randomConfiguration } from '../../support/lib/random-configuration.js';

const examples = seeds();
const around = { ready: true, hostName: 'proxy', defaultCertificate: testPair, adminSocket: '/run/admin.sock' };
const ports = {
  environment: {},
  workingDirectory: '/',
  cpus: 1,
  readText: () => Promise.reject(new Error('no files here')),
};

function documentOf(random: Random, number: number): LoadedDocument | undefined {
  const example = random.pick(examples);
  const ending = random.chance(80) ? 'json' : (example.name.split('.').at(-1) ?? 'yml');
  const text =
    ending === 'json'
      ? randomConfiguration(random, number % 80 > 40)
      : random.chance(50)
        ? example.text
        : mutated(example.text, random);
  const { document } = parseText({ name: `${number}.${ending}`, text });
  return document && { document, files: new Map(), findings: [], broken: [] };
}

/** The documents after something has happened to them. */
function changed(documents: readonly LoadedDocument[], random: Random, number: number): readonly LoadedDocument[] {
  const next = [...documents];
  const made = documentOf(random, number);
  const at = random.below(next.length + 1);
  next.splice(at, random.below(3) === 0 ? 0 : 1, ...(made === undefined ? [] : [made]));
  return random.chance(10) ? random.shuffled(next) : next.slice(0, 8);
}

const shown = (items: Iterable<Item<unknown>>): object[] =>
  [...items].map((item) => {
    const { name, config, status, errors, usedBy, using } = item;
    return { name, config, status, errors, usedBy, using, resolved: (item as { resolved?: unknown }).resolved };
  });

const everythingIn = (configuration: Configuration): object => {
  const { routers, services, middlewares, serversTransports, tls } = configuration;
  return {
    maps: [routers, services, middlewares, serversTransports, tls.options].map((map) => shown(map.values())),
    keys: [routers, services, middlewares].map((map) => [...map.keys()]),
    certificates: shown(tls.certificates),
    hosts: [tls.hosts, tls.refusedHosts],
    findings: allDiagnostics(configuration),
  };
};

/** Options with tables that objects share, and options that a record holds by itself: each has to be met. */
const mustBeMet = [
  ...['router.timeouts', 'router.tls', 'syntax v2', 'layers'],
  ...['weighted', 'highestRandomWeight', 'mirroring', 'failover', 'retry', 'rateLimit'],
  ...['timeouts', 'sticky', 'limit', 'healthCheck', 'passiveHealthCheck', 'slowStart', 'serversTransport'],
];

const changes = 240;

for (const [what, secure] of Object.entries({
  'entry points that add nothing': {},
  'an entry point with TLS and a middleware': { http: { tls: {}, middlewares: ['a@file'] } },
  'entry points that deny different escapes': { http: { encodedCharacters: { allowEncodedSlash: true } } },
}))
  test(`what is remembered changes nothing: ${changes} changes, ${what}`, async () => {
    const entryPoints = { web: { address: ':80' }, secure: { address: ':443', ...secure } };
    const install = await installFromObject({ entryPoints, api: {}, ping: {} }, 'the test', ports);
    const settings = settingsOf(install.config, { value: {}, origin: install.originOf.bind(install) });
    const random = new Random(Number(process.env['FAIRLEAD_TEST_SEED'] ?? '1'));
    const [memory, prepared] = [new ValidateMemory(), new PrepareMemory()];
    let documents: readonly LoadedDocument[] = [];
    let previous: Configuration | undefined;
    let refused: readonly Refusal[] = [];
    const met = new Set<string>();
    let served: Encoded | undefined;
    let released: ArrayBufferLike | undefined;
    let writtenOver = 0;
    for (let number = 0; number < changes; number++) {
      documents = changed(documents, random, number);
      if (random.chance(10)) refused = random.chance(50) ? [] : [{ kind: 'router', name: 'a@file', message: 'no' }];
      const delivered = [{ provider: 'file', documents, findings: [] }];
      const options = { now: new Date(0), previous, refused };
      const work = assembling(delivered, settings, { ...options, memory });
      // Work that is given up half-way leaves nothing behind.
      if (random.chance(10)) for (let steps = random.below(40); steps > 0; steps--) work.next();
      const remembered = finish(assembling(delivered, settings, { ...options, memory }));
      const fresh = finish(assembling(delivered, settings, options));
      assert.deepEqual(everythingIn(remembered), everythingIn(fresh), `after ${number} changes`);
      const half = preparing(remembered, install, around, prepared);
      if (random.chance(10)) for (let steps = random.below(10); steps > 0; steps--) half.next();
      const { encoded } = finish(preparing(remembered, install, around, prepared));
      const second = finish(preparing(fresh, install, around)).encoded.bytes;
      assert.ok(Buffer.compare(encoded.bytes, second) === 0, `another snapshot after ${number} changes`);
      if (encoded.bytes.buffer === released) writtenOver += 1;
      // Who serves the one before lets it go when the next one serves; a refused one is not served.
      if (served !== undefined && random.chance(90)) {
        prepared.release(served);
        released = served.bytes.buffer;
        served = encoded;
      }
      served ??= encoded;
      previous = remembered;
      for (const option of optionsServed(remembered)) met.add(option);
    }
    assert.deepEqual(
      mustBeMet.filter((option) => !met.has(option)),
      [],
    );
    assert.ok(writtenOver > changes / 4, `${writtenOver} snapshots written over earlier ones`);
  });

/** What happens to a router of a large text: some of it is right, some of it wrong. */
const edits: readonly ((text: string, at: number) => string)[] = [
  (text, at) => text.replace(`h${at}.example.com`, `other.h${at}.example.com`),
  (text, at) => text.replace(`h${at}.example.com`, `h${at + 1}.example.com`),
  (text, at) => text.replace(new RegExp(`    r${at}:\n(?:      .*\n)+`), ''),
  (text, at) =>
    text.replace(`    r${at}:\n`, `    new${at}:\n      rule: Path(\`/${at}\`)\n      service: s1\n    r${at}:\n`),
  (text, at) => text.replace(`    r${at}:\n`, `    r${at}:\n      priority: ${at}\n`),
  (text, at) => text.replace(`    r${at}:\n`, `    r${at}:\n      middlewares: [nobody]\n`),
  (text, at) => text.replace(`    r${at}:\n`, `    r${at}:\n      unknown: true\n`),
  (text, at) => text.replace(`    r${at}:\n`, `    renamed${at}:\n`),
  (text, at) => text.replace(`(\`h${at}.example.com\`)`, `(\`h${at}.example.com)`),
  (text, at) =>
    text.replace(new RegExp(`(    s${at % 120}:\n(?:      .*\n)+)`), '$1          - url: http://127.0.0.1:1\n'),
  (text, at) => text.replace(new RegExp(`    s${at % 120}:\n(?:      .*\n)+`), ''),
];

test('what is kept of a large text changes nothing: 30 changes', async () => {
  const install = await installFromObject({ entryPoints: { web: { address: ':80' } } }, 'the test', ports);
  const settings = settingsOf(install.config, { value: {}, origin: install.originOf.bind(install) });
  const random = new Random(Number(process.env['FAIRLEAD_TEST_SEED'] ?? '1'));
  const [memory, prepared, large] = [new ValidateMemory(), new PrepareMemory(), new LargeText()];
  const known = new WeakMap<object, LoadedDocument>();
  const original = manyRouters(1_200, 'yml');
  const loadedFrom = (from: LargeText, text: string): readonly LoadedDocument[] =>
    (finish(from.read({ name: 'a.yml', text })) ?? []).map((document) => {
      const loaded = known.get(document) ?? { document, files: new Map(), findings: [], broken: [] };
      known.set(document, loaded);
      return loaded;
    });
  let [text, kept, compared]: [string, number, number] = [original, 0, 0];
  let previous: Configuration | undefined;
  for (let number = 0; number < 30; number++) {
    if (random.chance(10)) text = original;
    for (let left = random.chance(20) ? 12 : 1; left > 0; left--) text = random.pick(edits)(text, random.below(1_200));
    const options = { now: new Date(0), previous };
    const configurationOf = (documents: readonly LoadedDocument[], own: Partial<{ memory: ValidateMemory }>) =>
      finish(assembling([{ provider: 'file', documents, findings: [] }], settings, { ...options, ...own }));
    const remembered = configurationOf(loadedFrom(large, text), { memory });
    const fresh = configurationOf(loadedFrom(new LargeText(), text), {});
    assert.ok(fresh.routers.size > 1_000);
    assert.deepEqual(everythingIn(remembered), everythingIn(fresh), `after ${number} changes`);
    const { encoded } = finish(preparing(remembered, install, around, prepared));
    const second = finish(preparing(fresh, install, around)).encoded.bytes;
    assert.ok(Buffer.compare(encoded.bytes, second) === 0, `another snapshot after ${number} changes`);
    const same = [...remembered.routers].filter(([name, router]) => previous?.routers.get(name) === router).length;
    kept += same;
    compared += previous === undefined ? 0 : remembered.routers.size;
    previous = remembered;
  }
  assert.ok(kept > 0.8 * compared, `only ${kept} of ${compared} routers were kept`);
});
