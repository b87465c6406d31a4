import assert from 'node:assert/strict';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as tlsConnect } from 'node:tls';
import { once } from 'node:events';
import { after, before, describe, test } from 'node:test';
import { generateDefaultCertificate } from '../../lib/compile/default-certificate.js';
import { createProxy, type Diagnostic, type Proxy, type ProxyEvents } from '../../lib/index.js';
import { type Backend, type Echo, echoBackend } from '../support/lib/backend.js';

let folder = '';
let one: Backend;
let two: Backend;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fairlead-test-'));
  [one, two] = [await echoBackend('one'), await echoBackend('two')];
});
after(async () => {
  await Promise.all([one[Symbol.asyncDispose](), two[Symbol.asyncDispose]()]);
  await rm(folder, { recursive: true });
});

const path = (name: string): string => join(folder, name);

/** Replaces a file in one step, as editors and deployments do. */
async function put(name: string, text: string): Promise<void> {
  await writeFile(path(`${name}.new`), text);
  await rename(path(`${name}.new`), path(name));
}

const routesTo = ({ url }: Backend, rule = 'PathPrefix(`/`)'): string => `http:
  routers: { all: { rule: "${rule}", service: app } }
  services: { app: { loadBalancer: { servers: [ { url: "${url}" } ] } } }
`;

const install = (dynamic: string): string => `entryPoints: { web: { address: "127.0.0.1:0" } }
ping: { entryPoint: web }
providers: { providersThrottleDuration: 0, file: { filename: ${dynamic} } }
`;

/** The next event of that name for which the condition holds. */
function next<Name extends keyof ProxyEvents>(
  proxy: Proxy,
  name: Name,
  isWanted: (event: ProxyEvents[Name]) => boolean = () => true,
): Promise<ProxyEvents[Name]> {
  return new Promise((resolve) => {
    const off = proxy.on(name, (event) => {
      if (!isWanted(event)) return;
      off();
      resolve(event);
    });
  });
}

const urlOf = (proxy: Proxy): string => proxy.addresses['web']?.urls[0] ?? '';
const nameAt = async (proxy: Proxy): Promise<string> => ((await (await fetch(urlOf(proxy))).json()) as Echo).name;
const codesOf = (diagnostics: readonly Diagnostic[]): readonly string[] => diagnostics.map(({ code }) => code);

describe('a configuration in files', { timeout: 60_000 }, () => {
  test('is followed: an edit serves, a broken one changes nothing, the repair serves', async () => {
    await put('dynamic.yml', routesTo(one));
    await put('install.yml', install(path('dynamic.yml')));
    await using proxy = await createProxy({ configFile: path('install.yml') });
    assert.equal(await nameAt(proxy), 'one');

    const edited = next(proxy, 'generation');
    await put('dynamic.yml', routesTo(two));
    assert.deepEqual((await edited).diff.services, { added: [], removed: [], changed: ['app@file'] });
    assert.equal(await nameAt(proxy), 'two');

    const broken = next(proxy, 'diagnostics', (diagnostics) => diagnostics.length > 0);
    await put('dynamic.yml', 'http: [');
    assert.ok(codesOf(await broken).includes('FL1002'));
    assert.equal(await nameAt(proxy), 'two');

    const repaired = next(proxy, 'generation');
    await put('dynamic.yml', routesTo(one));
    await repaired;
    assert.deepEqual([await nameAt(proxy), codesOf(proxy.diagnostics)], ['one', []]);
  });

  test('is read again on demand', async () => {
    await put('still.yml', routesTo(one));
    await put('install.yml', install(path('still.yml')));
    await using proxy = await createProxy({ configFile: path('install.yml') });
    const reread = next(proxy, 'generation');
    await put('still.yml', routesTo(two));
    proxy.reload();
    await reread;
    assert.equal(await nameAt(proxy), 'two');
  });

  test('that is not there is reported and served as soon as it is', async () => {
    await put('install.yml', install(path('late.yml')));
    await using proxy = await createProxy({ configFile: path('install.yml') });
    assert.deepEqual(codesOf(proxy.diagnostics).slice(0, 1), ['FL1001']);
    assert.equal((await fetch(urlOf(proxy))).status, 404);
    const arrived = next(proxy, 'generation');
    await put('late.yml', routesTo(one));
    await arrived;
    assert.equal(await nameAt(proxy), 'one');
  });

  test('is ready when every provider has delivered', async () => {
    await put('dynamic.yml', routesTo(one));
    await put('install.yml', install(path('dynamic.yml')));
    await using proxy = await createProxy({ configFile: path('install.yml') });
    assert.equal((await fetch(`${urlOf(proxy)}ready`)).status, 200);
  });

  test('loses no request while it changes every few milliseconds', async () => {
    await put('busy.yml', routesTo(one));
    await put('install.yml', install(path('busy.yml')));
    await using proxy = await createProxy({ configFile: path('install.yml') });
    const url = urlOf(proxy);
    let isAsking = true;
    const asking = Array.from({ length: 8 }, async () => {
      const seen: number[] = [];
      while (isAsking) seen.push((await fetch(url)).status);
      return seen;
    });
    for (let edit = 0; edit < 20; edit++) {
      const applied = next(proxy, 'generation');
      await put('busy.yml', routesTo(edit % 2 === 0 ? two : one, `PathPrefix(\`/\`) || Path(\`/${edit}\`)`));
      await applied;
    }
    isAsking = false;
    const statuses = (await Promise.all(asking)).flat();
    assert.ok(statuses.length > 20);
    assert.deepEqual([...new Set(statuses)], [200]);
  });
});

test('a certificate is served as soon as its files are replaced', { timeout: 60_000 }, async () => {
  const [first, second] = [generateDefaultCertificate(new Date()), generateDefaultCertificate(new Date())];
  await Promise.all([put('tls.crt', first.chain), put('tls.key', first.key)]);
  const defaultCertificate = { certFile: path('tls.crt'), keyFile: path('tls.key') };
  await using proxy = await createProxy({
    entryPoints: { web: { address: '127.0.0.1:0', http: { tls: {} } } },
    http: {
      routers: { all: { rule: 'PathPrefix(`/`)', service: 'app' } },
      services: { app: { loadBalancer: { servers: [{ url: one.url }] } } },
    },
    tls: { stores: { default: { defaultCertificate } } },
  });
  const served = async (): Promise<string> => {
    const { port } = proxy.addresses['web'] ?? { port: 0 };
    const socket = tlsConnect({ port, host: '127.0.0.1', rejectUnauthorized: false });
    await once(socket, 'secureConnect');
    const certificate = socket.getPeerX509Certificate()?.toString() ?? '';
    socket.destroy();
    return certificate;
  };
  assert.equal(await served(), first.chain);
  const renewed = next(proxy, 'generation');
  await put('tls.key', second.key);
  await put('tls.crt', second.chain);
  await renewed;
  assert.equal(await served(), second.chain);
});
