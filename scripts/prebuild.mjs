// npm run prebuild: what `npm pack` ships. A clean dist/, and the stripped addon in prebuilds/<platform>-<arch>/.
import { mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildTypeScript } from './build-steps.mjs';
import { filesBelow } from './files.mjs';
import { root, run, say, script, Stop } from './run.mjs';
import { setUp } from './setup.mjs';

await script(async () => {
  await setUp('package');
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

/**
 * node-gyp wants a folder with Node's headers before it does anything, and would download one. The addon is compiled by
 * CMake against node-api-headers, so an empty settings file is all that node-gyp has to find.
 */
function nodeFolder() {
  const folder = join(root, 'out', 'node-gyp');
  mkdirSync(join(folder, 'include/node'), { recursive: true });
  writeFileSync(join(folder, 'include/node/common.gypi'), '{}\n');
  return folder;
}

/** node-gyp-build tells musl only by /etc/alpine-release; the process knows better. */
function libc() {
  return process.report.getReport().header.glibcVersionRuntime ? 'glibc' : 'musl';
}
