// npm start: from a fresh machine to the quickstart, served until Ctrl-C.
import { spawn } from 'node:child_process';
import { buildAddon, buildTypeScript } from './build-steps.mjs';
import { root, say, script } from './run.mjs';
import { setUp } from './setup.mjs';

await script(async () => {
  await setUp('build');
  await buildAddon();
  await buildTypeScript();
  say('starting examples/quickstart');
  process.exitCode = await serve();
});

/** Runs the quickstart; signals sent to this process alone (not by the terminal) are passed on. */
async function serve() {
  const child = spawn(process.execPath, ['examples/quickstart/start.mjs', ...process.argv.slice(2)], {
    cwd: root,
    stdio: 'inherit',
  });
  const forward = (signal) => child.kill(signal);
  // Ctrl-C reaches the whole process group by itself; a second SIGINT would cut the drain short.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', forward);
  return new Promise((resolve) => child.on('close', (code) => resolve(code ?? 0)));
}
