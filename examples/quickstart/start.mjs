// Starts two sample backends and the proxy on the configuration beside this file, and says what to try.
import { spawn } from 'node:child_process';
import { request } from 'node:http';
import { dirname, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startBackends } from './backends.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

const tries = [
  ['routing by host', 'curl http://app.localhost:8080/'],
  ['routing by path, prefix stripped, headers rewritten', 'curl -i http://app.localhost:8080/api/users'],
  [
    'a canary: 90 of 100 reach "app", 10 reach "api"',
    'for i in $(seq 20); do curl -s http://canary.localhost:8080/; done',
  ],
  ['http to https', 'curl -i http://secure.localhost:8080/'],
  ['TLS with a generated certificate', 'curl -k https://secure.localhost:8443/'],
  ['a WebSocket echo', 'node examples/quickstart/chat.mjs hello'],
  ['what is configured', 'curl http://localhost:8081/api/rawdata'],
  ['readiness', 'curl http://localhost:8081/ready'],
];

let stopBackends;
try {
  stopBackends = await startBackends();
} catch (error) {
  console.error(
    error.code === 'EADDRINUSE'
      ? `Port ${error.port} is taken. The quickstart needs 127.0.0.1:8080, 8081, 8443, 9001 and 9002.`
      : error.message,
  );
  process.exit(1);
}

const proxy = spawn(process.execPath, ['bin/fairlead.js', '--configFile=examples/quickstart/traefik.yml'], {
  cwd: root,
  stdio: 'inherit',
});
// Ctrl-C reaches the proxy by itself, as it is in the same process group; it drains and ends, and then so do we.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => proxy.kill('SIGTERM'));
proxy.on('close', (code) => {
  stopBackends();
  process.exitCode = code ?? 0;
});

if (await ready()) {
  const width = Math.max(...tries.map(([what]) => what.length));
  console.log('\nTry in another terminal:\n');
  for (const [what, command] of tries) console.log(`  ${what.padEnd(width)}   ${command}`);
  console.log('\nEdit examples/quickstart/dynamic.yml and save: it is applied at once.\n');
}

/** Waits until the proxy answers that it is ready; false when it has ended or takes longer than 20 s. */
async function ready() {
  for (let i = 0; i < 200 && proxy.exitCode === null; i++) {
    if (await answersOk()) return true;
    await sleep(100);
  }
  return false;
}

function answersOk() {
  return new Promise((resolveOk) => {
    const probe = request({ host: '127.0.0.1', port: 8081, path: '/ready', timeout: 1000 }, (response) => {
      response.resume();
      resolveOk(response.statusCode === 200);
    });
    probe.on('error', () => resolveOk(false));
    probe.end();
  });
}
