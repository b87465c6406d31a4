// npm run prebuild: what `npm pack` ships. A clean dist/, and the stripped addon in prebuilds/<platform>-<arch>/.
import { statSync, rmSync, existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { buildTypeScript } from './build-steps.mjs';
import { filesBelow } from './files.mjs';
import { root, run, say, script, Stop } from './run.mjs';
import { setUp } from './setup.mjs';

await script(async () => {
  await setUp('build');
  await buildTypeScript({ clean: true });
  rmSync(join(root, 'prebuilds', `${process.platform}-${process.arch}`), { recursive: true, force: true });
  const tool = join(root, 'node_modules/prebuildify/bin.js');
  await run(process.execPath, [tool, '--napi', '--tag-libc', '--strip', '--target', process.version], {
    env: { npm_config_nodedir: nodeFolder(), LIBC: libc() },
  });
  const made = filesBelow('prebuilds', '.node');
  if (made.length === 0) throw new Stop('prebuildify left nothing in prebuilds/');
  for (const path of made) say(`${path}: ${(statSync(join(root, path)).size / 1e6).toFixed(2)} MB`);
  say('`npm pack` now makes the package');
});

/** The folder whose include/node node-gyp may use instead of downloading headers. We need none of them. */
function nodeFolder() {
  const beside = join(dirname(process.execPath), '..');
  return existsSync(join(beside, 'include/node/node_api.h')) ? beside : '/usr';
}

/** node-gyp-build tells musl only by /etc/alpine-release; the process knows better. */
function libc() {
  return process.report.getReport().header.glibcVersionRuntime ? 'glibc' : 'musl';
}
