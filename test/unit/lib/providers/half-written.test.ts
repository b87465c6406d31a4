/** A configuration is read whole or not at all, wherever its writer stands when somebody looks. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { file } from '../../../../lib/providers/file.js';
import { Random } from '../../../support/lib/random.js';
import { Disk } from './disk.js';

/** Every line more is another configuration that parses: the worst case for whoever reads half of it. */
const version = (number: number): string =>
  [
    'http:',
    '  routers:',
    ...Array.from({ length: 8 }, (_, index) => `    r${index}: { rule: "Path(\`/v${number}\`)", service: s }`),
    '  services:',
    `    s: { loadBalancer: { servers: [ { url: "http://10.0.0.${number % 250}" } ] } }`,
    `# ${number}`,
    '',
  ].join('\n');

test('a file that is cut anywhere while it is written is never delivered before it is whole: 1,000 places', async () => {
  const random = new Random(2);
  const disk = new Disk({ 'a.yml': version(0) });
  const stop = new AbortController();
  const deliveries = file.deliveries({ watch: true, filename: 'a.yml' }, disk, stop.signal)[Symbol.asyncIterator]();
  await deliveries.next();
  for (let number = 1; number <= 1_000; number++) {
    const text = version(number);
    // Some writers pause more than once; none as long as a file takes to count as settled.
    const cuts = Array.from({ length: 1 + random.below(3) }, () => random.below(text.length)).sort((a, b) => a - b);
    const steps = [...cuts.map((cut) => text.slice(0, cut)), text];
    disk.onSleep = () => {
      const next = steps.shift();
      if (next !== undefined) disk.write('a.yml', next);
    };
    disk.write('a.yml', steps.shift() ?? '');
    const result = await deliveries.next();
    const delivery = result.done === true ? undefined : result.value;
    assert.deepEqual(steps, [], `version ${number} was read before ${JSON.stringify(cuts)}`);
    const [loaded] = delivery?.documents ?? [];
    const { http } = loaded?.document.value as { http: { routers: object; services: object } };
    assert.equal(Object.keys(http.routers).length, 8);
    assert.match(JSON.stringify(http), new RegExp(`/v${number}\``));
    assert.deepEqual(Object.keys(http.services), ['s']);
  }
  stop.abort();
});
