// As mutated-configurations.test.ts, for as long as it takes.
import { test } from 'node:test';
import { assertPlaced, assertWhole, tryText } from '../../support/lib/configuration-trial.js';
import { mutated, seeds } from '../../support/lib/mutated-configurations.js';
import { Random } from '../../support/lib/random.js';

test('20,000 changed configurations', async () => {
  const random = new Random(5);
  const all = seeds();
  for (let count = 0; count < 20_000; count++) {
    const { name, text } = random.pick(all);
    const changed = mutated(text, random);
    const trial = await tryText(name, changed);
    assertPlaced(trial, changed);
    assertWhole(trial);
  }
});
