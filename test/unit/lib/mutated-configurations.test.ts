// Mistakes in configurations: whatever the text, every step ends, nothing is half applied, and every error has its place.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isMapping } from '../../../lib/source/path.js';
import { parseText } from '../../../lib/source/parse.js';
import { assertPlaced, assertWhole, tryText } from '../../support/lib/configuration-trial.js';
import { mutated, seeds } from '../../support/lib/mutated-configurations.js';
import { Random } from '../../support/lib/random.js';

test('400 changed configurations', async () => {
  const random = new Random(4);
  const all = seeds();
  assert.ok(all.length > 30);
  for (let count = 0; count < 400; count++) {
    const { name, text } = random.pick(all);
    const changed = mutated(text, random);
    const trial = await tryText(name, changed);
    assertPlaced(trial, changed);
    assertWhole(trial);
  }
});

const config = {
  http: {
    routers: { r: { rule: 'Path(`/`)', service: 's', tls: { options: 'o' }, observability: { accessLogs: true } } },
    services: {
      s: { loadBalancer: { servers: [{ url: 'http://a', weight: 1 }], responseForwarding: {} } },
      w: { weighted: { services: [{ name: 's' }] } },
    },
    middlewares: {
      add: { addPrefix: { prefix: '/a' } },
      auth: { forwardAuth: { address: 'http://a', tls: {} } },
      rate: { rateLimit: { average: 1, sourceCriterion: { ipStrategy: { depth: 1 } } } },
    },
    serversTransports: { t: { forwardingTimeouts: {}, peerCertSANs: [{ type: 'URI', value: 'a' }] } },
  },
  tls: {
    options: { o: { sniStrict: true } },
    certificates: [{ certFile: 'a', keyFile: 'b' }],
    stores: { default: {} },
  },
};

/** The paths of all mappings whose keys a schema names. */
function mappings(value: unknown, path: readonly string[]): readonly (readonly string[])[] {
  const below = Array.isArray(value) || isMapping(value) ? Object.entries(value as object) : [];
  const named = ['routers', 'services', 'middlewares', 'serversTransports', 'options', 'stores'].includes(
    path.at(-1) ?? '',
  );
  const own = isMapping(value) && !(named && path.length === 2) ? [path] : [];
  return [...own, ...below.flatMap(([key, inner]) => mappings(inner, [...path, key]))];
}

function withKey(value: unknown, [part, ...rest]: readonly string[], key: string): unknown {
  if (part === undefined) return { ...(value as object), [key]: 'x' };
  if (Array.isArray(value))
    return value.map((item: unknown, index) => (String(index) === part ? withKey(item, rest, key) : item));
  const mapping = value as Readonly<Record<string, unknown>>;
  return { ...mapping, [part]: withKey(mapping[part], rest, key) };
}

test('an unknown key is found wherever it stands, with its place', async () => {
  const places = mappings(config, []);
  assert.ok(places.length > 25);
  for (const path of places) {
    const text = JSON.stringify(withKey(config, path, 'colour'), null, 1);
    const { findings } = await tryText('a.json', text);
    const about = findings.filter(({ message }) => /^unknown (?:key|section) "colour"/.test(message));
    const line = text.split('\n').findIndex((one) => one.includes('"colour"')) + 1;
    const found = about.map(({ origin }) => (origin.kind === 'text' ? origin.line : origin.kind));
    assert.deepEqual(found, [line], `${path.join('.')}: ${about.map(({ code }) => code).join()}`);
  }
});

test('a misspelled key is answered with the one that was meant', async () => {
  const text = JSON.stringify(config, null, 1);
  const keys = [...text.matchAll(/"([a-zA-Z]{5,})":/g)].map((match) => match[1] ?? '');
  for (const key of new Set(keys)) {
    const wrong = `${key.slice(0, -2)}${key.at(-1) ?? ''}${key.at(-2) ?? ''}`;
    // The one word that is a name.
    if (wrong === key || key === 'default') continue;
    const { findings } = await tryText('a.json', text.replaceAll(`"${key}":`, `"${wrong}":`));
    const hints = findings.filter(({ message }) => message.includes(`"${wrong}"`)).map(({ hint }) => hint ?? '');
    assert.ok(
      hints.some((hint) => hint.includes(`"${key}"`)),
      `${wrong}: ${hints.join()}`,
    );
  }
});

test('a text that does not parse gives no document, not the half that came before the mistake', () => {
  for (const { name, text } of seeds()) {
    const end = name.endsWith('.toml') ? '\n[unclosed' : name.endsWith('.json') ? '{' : '\nx: [';
    const { document, diagnostics } = parseText({ name, text: `${text}${end}` });
    assert.equal(document, undefined, name);
    assert.ok(
      diagnostics.some(({ severity }) => severity === 'error'),
      name,
    );
  }
});
