import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { rename, unlink } from 'node:fs/promises';
import { TLSSocket } from 'node:tls';
import { describe, test } from 'node:test';
import { check, type Diagnostic } from '../../lib/index.js';
import { silentLogger } from '../../lib/log.js';
import { installFromObject, realInstallPorts } from '../../lib/install/read.js';
import { realPorts } from '../../lib/providers/ports.js';
import { Proxy } from '../../lib/proxy/proxy.js';
import { EchoBackend } from '../support/backends.js';
import { createCertificate } from '../support/certificates.js';
import { request } from '../support/client.js';
import { Deployment, next, replaceFile } from '../support/deployment.js';
import { everythingTo, TestFolder, TestProxy } from '../support/proxy.js';
import { withResolvers } from '../support/lib/deferred.js';

const codesOf = (diagnostics: readonly Diagnostic[]): readonly string[] => diagnostics.map(({ code }) => code);

/** A router of its own for a host, and the service behind it. */
const hostTo = (name: string, url: string): object => ({
  http: {
    routers: { [name]: { rule: `Host(\`${name}\`)`, service: name } },
    services: { [name]: { loadBalancer: { servers: [{ url }] } } },
  },
});

const hostRequest = (host: string, path = '/'): string => `GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`;

const statusOf = async (proxy: TestProxy, host: string): Promise<number> => (await proxy.ask(hostRequest(host))).status;

describe('a file that breaks', () => {
  const broken: readonly (readonly [string, string, string])[] = [
    ['in its syntax', 'http:\n  routers: [', 'FL1002'],
    ['by becoming empty', '', 'FL7003'],
  ];
  for (const [how, content, code] of broken) {
    test(`${how} keeps its last good version, until it is mended`, async () => {
      await using app = await EchoBackend.start('app');
      await using other = await EchoBackend.start('other');
      await using proxy = await Deployment.start({ 'dynamic.yml': everythingTo(app.url) });
      assert.deepEqual(codesOf(await proxy.attempt('dynamic.yml', content)), [code]);
      assert.deepEqual(codesOf(proxy.proxy.diagnostics), [code]);
      assert.equal((await proxy.ask(request('GET /'))).echoed.name, 'app');
      await proxy.change('dynamic.yml', everythingTo(other.url));
      assert.deepEqual(proxy.proxy.diagnostics, []);
      assert.equal((await proxy.ask(request('GET /'))).echoed.name, 'other');
    });
  }

  test('by going away takes its objects along', async () => {
    await using app = await EchoBackend.start();
    const files = { 'a.yml': hostTo('a', app.url), 'b.yml': hostTo('b', app.url) };
    await using proxy = await Deployment.start(files, { directory: true });
    assert.deepEqual([await statusOf(proxy, 'a'), await statusOf(proxy, 'b')], [200, 200]);
    await Promise.all([next(proxy.proxy, 'generation'), unlink(proxy.folder.file('b.yml'))]);
    assert.deepEqual([await statusOf(proxy, 'a'), await statusOf(proxy, 'b')], [200, 404]);
  });

  test('with its whole directory leaves everything as it was', async () => {
    await using app = await EchoBackend.start();
    await using proxy = await Deployment.start({ 'a.yml': hostTo('a', app.url) }, { directory: true });
    const told = next(proxy.proxy, 'diagnostics');
    const aside = `${proxy.folder.path}.moved`;
    await rename(proxy.folder.path, aside);
    proxy.proxy.reload();
    // A read that the move itself set off may have listed the folder and then missed its file.
    const [code] = codesOf(await told);
    assert.ok(code === 'FL7006' || code === 'FL1001', code);
    assert.equal(await statusOf(proxy, 'a'), 200);
    await rename(aside, proxy.folder.path);
  });
});

describe('one broken file of a directory', () => {
  test('leaves the others alone, from the start', async () => {
    await using app = await EchoBackend.start();
    const files = { 'a.yml': hostTo('a', app.url), 'b.yml': '}{', 'c.toml': '[http', 'readme.md': '}{' };
    await using proxy = await Deployment.start(files, { directory: true });
    assert.deepEqual(codesOf(proxy.proxy.diagnostics), ['FL1002', 'FL1003']);
    assert.deepEqual([await statusOf(proxy, 'a'), await statusOf(proxy, 'b')], [200, 404]);
    await proxy.change('b.yml', hostTo('b', app.url));
    assert.deepEqual(codesOf(proxy.proxy.diagnostics), ['FL1003']);
    assert.deepEqual([await statusOf(proxy, 'a'), await statusOf(proxy, 'b')], [200, 200]);
  });
});

describe('one broken object', () => {
  test('is disabled alone; the API and check say why', async () => {
    await using app = await EchoBackend.start();
    const { http } = everythingTo(app.url);
    const admin = { rule: 'Host(`admin`)', service: 'api@internal', priority: 1000 };
    const routers = (rule: string): object => ({
      http: { ...http, routers: { ...http?.routers, admin, odd: { rule, service: 'app', priority: 1000 } } },
    });
    const install = { api: {} };
    await using proxy = await Deployment.start({ 'dynamic.yml': routers('Host(`odd`)') }, { install });
    assert.deepEqual(proxy.proxy.diagnostics, []);
    await proxy.change('dynamic.yml', routers('Hots(`odd`)'));
    assert.equal((await proxy.ask(request('GET /'))).status, 200);
    const odd = (await proxy.ask(hostRequest('admin', '/api/http/routers/odd@file'))).json as Record<string, unknown>;
    assert.equal(odd['status'], 'disabled');
    assert.match(String(odd['error']), /Hots/);
    const all = (await proxy.ask(hostRequest('admin', '/api/http/routers/all@file'))).json as Record<string, unknown>;
    assert.equal(all['status'], 'enabled');
    const file = { filename: proxy.folder.file('dynamic.yml') };
    const { diagnostics } = await check({ ...install, entryPoints: { web: { address: ':0' } }, providers: { file } });
    assert.deepEqual(
      diagnostics.map(({ code, path, message }) => [code, path, message]),
      proxy.proxy.diagnostics.map(({ code, path, message }) => [code, path, message]),
    );
    assert.deepEqual(codesOf(diagnostics), ['FL4003']);
    await proxy.change('dynamic.yml', routers('Host(`odd`)'));
    assert.equal(await statusOf(proxy, 'odd'), 200);
  });
});

describe('a certificate that changes on disk', () => {
  const presented = async (proxy: TestProxy, servername: string): Promise<string> => {
    await using client = await proxy.connect({ tls: { servername } });
    assert.ok(client.socket instanceof TLSSocket);
    return client.socket.getPeerCertificate().fingerprint256;
  };
  const fingerprint = ({ certificate }: { readonly certificate: string }): string =>
    new X509Certificate(certificate).fingerprint256;

  test('is presented to new connections; those that are open stay; a broken one changes nothing', async () => {
    await using app = await EchoBackend.start();
    await using folder = await TestFolder.create();
    const [before, after] = [createCertificate('a.example'), createCertificate('a.example')];
    const certFile = await folder.write('certificate.pem', before.certificate);
    const keyFile = await folder.write('key.pem', before.key);
    const dynamic = { ...everythingTo(app.url), tls: { certificates: [{ certFile, keyFile }] } };
    const entryPoints = { web: { address: '127.0.0.1:0', http: { tls: {} } } };
    await using proxy = await Deployment.start({ 'dynamic.yml': dynamic }, { install: { entryPoints } });
    assert.equal(await presented(proxy, 'a.example'), fingerprint(before));
    await using open = await proxy.connect({ tls: { servername: 'a.example' } });
    assert.equal((await open.ask(request('GET /'))).status, 200);

    const halfWay = next(proxy.proxy, 'diagnostics');
    await replaceFile(certFile, after.certificate);
    assert.deepEqual(codesOf(await halfWay), ['FL5004']);
    assert.equal(await presented(proxy, 'a.example'), fingerprint(before));
    const done = next(proxy.proxy, 'generation');
    await replaceFile(keyFile, after.key);
    await done;
    assert.equal(await presented(proxy, 'a.example'), fingerprint(after));
    assert.equal((await open.ask(request('GET /'))).status, 200);
    assert.deepEqual(proxy.proxy.diagnostics, []);
  });
});

describe('readiness', () => {
  test('is told once every provider has delivered', async () => {
    await using app = await EchoBackend.start();
    await using folder = await TestFolder.create();
    const filename = folder.file('dynamic.yml');
    await replaceFile(filename, everythingTo(app.url));
    const config = {
      entryPoints: { web: { address: '127.0.0.1:0' } },
      ping: { entryPoint: 'web' },
      providers: { file: { filename } },
      fairlead: { workers: 1 },
    };
    const install = await installFromObject(config, 'the test', realInstallPorts({}));
    // The first read hangs, as on a file system that does not answer; nobody waits for it longer than the time allowed.
    const { promise: readable, resolve: release } = withResolvers<undefined>();
    const real = realPorts({});
    const ports = {
      ...real,
      readText: async (path: string, limit: number) => {
        await readable;
        return real.readText(path, limit);
      },
      sleep: async (milliseconds: number, signal?: AbortSignal) => real.sleep(Math.min(milliseconds, 50), signal),
    };
    await using proxy = new TestProxy(await Proxy.start({ install, ports, logger: silentLogger }));
    assert.equal((await proxy.ask(request('GET /ready'))).status, 503);
    assert.equal((await proxy.ask(request('GET /ping'))).status, 200);
    assert.equal((await proxy.ask(request('GET /'))).status, 404);
    const served = next(proxy.proxy, 'generation');
    release(undefined);
    await served;
    assert.equal((await proxy.ask(request('GET /ready'))).status, 200);
    assert.equal((await proxy.ask(request('GET /'))).status, 200);
  });
});
