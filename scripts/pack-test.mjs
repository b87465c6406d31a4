// npm run test:pack [-- 20 22]: packs the package, installs it into an empty folder where no compiler is to be found, and
// uses it as a stranger would, on each Node version: version, check, run with a request, import and require.
import { spawn, spawnSync } from 'node:child_process';
import { createServer } from 'node:http';
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { filesBelow } from './files.mjs';
import { output, run, say, script, Stop } from './run.mjs';

const kVersions = ['20', '22', '24', '26'];
const kStartMs = 10_000;

await script(async () => {
  if (filesBelow('prebuilds', '.node').length === 0) throw new Stop('nothing to ship yet: npm run prebuild');
  const versions = process.argv.length > 2 ? process.argv.slice(2) : kVersions;
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-pack-'));
  try {
    const tarball = pack(folder);
    for (const version of versions) await tryVersion(version, folder, tarball);
    say(`works on Node ${versions.join(', ')}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

function pack(folder) {
  const listing = output('npm', ['pack', '--json', '--pack-destination', folder]);
  const [{ filename, size, unpackedSize, files }] = JSON.parse(listing ?? '[{}]');
  if (!filename) throw new Stop('npm pack failed');
  say(`${filename}: ${(size / 1e6).toFixed(2)} MB packed, ${(unpackedSize / 1e6).toFixed(2)} MB unpacked`);
  const stray = files
    .map(({ path }) => path)
    .filter((path) => /\.(map|cc|h|tsbuildinfo)$|^(test|native|scripts)\//.test(path));
  if (stray.length > 0) throw new Stop(`these should not ship: ${stray.join(', ')}`);
  return join(folder, filename);
}

async function tryVersion(version, folder, tarball) {
  const node = await nodeBinary(version);
  const home = join(folder, `node-${version}`);
  mkdirSync(join(home, 'bin'), { recursive: true });
  symlinkSync(node, join(home, 'bin', 'node'));
  writeFileSync(join(home, 'package.json'), '{"private":true}\n');
  // npm of this machine installs; afterwards only Node itself and the system's basic tools are on the path.
  await run('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error', tarball], { cwd: home });
  const env = { PATH: join(home, 'bin'), HOME: home };
  const stranger = { home, env, command: join(home, 'node_modules/.bin/fairlead'), node };
  say(
    `Node ${expect(stranger, node, ['--version']).trim()}: ${expect(stranger, node, [stranger.command, 'version']).trim()}`,
  );
  await withBackend(async (backendUrl) => {
    const port = await freePort();
    writeConfiguration(home, port, backendUrl);
    expect(stranger, node, [stranger.command, 'check', '--configFile=traefik.yml']);
    await serves(stranger, port);
    expect(stranger, node, ['esm.mjs', backendUrl]);
    expect(stranger, node, ['cjs.cjs', backendUrl]);
  });
}

/** The Node binary of a major version: this one, or the npm package that carries it, kept in the cache. */
async function nodeBinary(version) {
  if (process.versions.node.startsWith(`${version}.`)) return process.execPath;
  const home = join(homedir(), '.cache/fairlead/node', version);
  const name = `node-linux-${process.arch}`;
  const node = join(home, 'node_modules', name, 'bin/node');
  if (existsSync(node)) return node;
  mkdirSync(home, { recursive: true });
  writeFileSync(join(home, 'package.json'), '{"private":true}\n');
  await run('npm', ['install', '--force', '--ignore-scripts', '--no-audit', '--loglevel=error', `${name}@${version}`], {
    cwd: home,
  });
  return node;
}

/** Runs a command to its end as the stranger and returns its output; anything but success stops the test. */
function expect({ home, env }, command, args) {
  const result = spawnSync(command, args, { cwd: home, env, encoding: 'utf8', timeout: 60_000 });
  if (result.status === 0) return result.stdout;
  const shown = `${result.stdout}${result.stderr}`.trim();
  throw new Stop(`${args.join(' ')} ended with ${result.status ?? result.signal}:\n${shown}`);
}

/** `fairlead run` answers a request with the backend's words, and ends with 0 on SIGTERM. */
async function serves({ home, env, command, node }, port) {
  const child = spawn(node, [command, 'run', '--configFile=traefik.yml'], {
    cwd: home,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let log = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (log += chunk));
  const ended = new Promise((resolve) => child.on('close', (code, signal) => resolve(code ?? signal)));
  const text = await answer(`http://127.0.0.1:${port}/hello`);
  child.kill('SIGTERM');
  const status = await ended;
  if (text !== 'from the backend') throw new Stop(`run did not serve (${text}):\n${log}`);
  if (status !== 0) throw new Stop(`run ended with ${status}:\n${log}`);
}

/** The first answer that is not "not yet": another process opens the port when it is ready. */
async function answer(url) {
  const end = Date.now() + kStartMs;
  let last = 'no answer';
  while (Date.now() < end) {
    try {
      const response = await fetch(url, { signal: AbortSignal.timeout(kStartMs) });
      if (response.ok) return await response.text();
      last = `status ${response.status}`;
    } catch (error) {
      last = String(error.cause ?? error);
    }
    await sleep(50);
  }
  return last;
}

async function withBackend(body) {
  const server = createServer((_request, response) => response.end('from the backend'));
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    return await body(`http://127.0.0.1:${server.address().port}`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function writeConfiguration(home, port, backendUrl) {
  const write = (name, text) => writeFileSync(join(home, name), text);
  write(
    'traefik.yml',
    `entryPoints:\n  web:\n    address: '127.0.0.1:${port}'\nproviders:\n  file:\n    filename: dynamic.yml\n    watch: false\n`,
  );
  const service = `  services:\n    app:\n      loadBalancer:\n        servers:\n          - url: '${backendUrl}'\n`;
  write('dynamic.yml', `http:\n  routers:\n    all:\n      rule: PathPrefix(\`/\`)\n      service: app\n${service}`);
  const embedded = `
const [, , backend] = process.argv;
const config = {
  entryPoints: { web: { address: '127.0.0.1:0' } },
  http: {
    routers: { all: { rule: 'PathPrefix(\`/\`)', service: 'app' } },
    services: { app: { loadBalancer: { servers: [{ url: backend }] } } },
  },
};
async function main() {
  const proxy = await createProxy(config);
  const address = Object.values(proxy.addresses)[0];
  console.log(JSON.stringify(proxy.addresses));
  await proxy.close();
  if (!address) throw new Error('no address');
}
main().catch((error) => { console.error(error); process.exit(1); });
`;
  write('esm.mjs', `import { createProxy } from 'fairlead';\n${embedded}`);
  write('cjs.cjs', `const { createProxy } = require('fairlead');\n${embedded}`);
}
