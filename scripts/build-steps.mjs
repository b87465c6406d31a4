// The steps of a build. Each is incremental and cheap when nothing changed.
import { mkdirSync, copyFileSync, existsSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { root, run, say } from './run.mjs';

/** Where node-gyp-build looks for an addon built on this machine. */
export const addonFolder = join(root, 'build', 'Release');

/**
 * Configures out/<variant> unless that was done with the same settings, and returns its path.
 * Building third-party libraries is part of configuring: the first time takes two minutes.
 */
export async function configure(variant, settings = {}) {
  const tree = join(root, 'out', variant);
  const cache = join(tree, 'CMakeCache.txt');
  const defines = { CMAKE_BUILD_TYPE: 'Release', FAIRLEAD_TLS: process.env.FAIRLEAD_TLS ?? 'aws-lc', ...settings };
  if (existsSync(cache) && hasSettings(readFileSync(cache, 'utf8'), defines) && existsSync(join(tree, 'build.ninja'))) {
    return tree;
  }
  say(`configuring out/${variant} (the first time, third-party libraries are built: about two minutes)`);
  const args = Object.entries(defines).map(([key, value]) => `-D${key}=${value}`);
  await run('cmake', ['-S', root, '-B', tree, '-G', 'Ninja', '--log-level=WARNING', ...args]);
  return tree;
}

function hasSettings(cacheText, defines) {
  const lines = cacheText.split('\n');
  return Object.entries(defines).every(([key, value]) =>
    lines.some((line) => line.startsWith(`${key}:`) && line.slice(line.indexOf('=') + 1) === value),
  );
}

/** Builds targets in a configured tree, ninja's own progress line included. */
export async function ninja(tree, targets) {
  const env = { NINJA_STATUS: '[%f/%t, %es] ' };
  await run('ninja', ['-C', tree, '-j', String(availableParallelism()), ...targets], { env });
}

/** Settings of the addon that ships: link-time optimised, loadable on glibc 2.28. */
export const releaseSettings = { FAIRLEAD_LTO: 'ON', FAIRLEAD_GLIBC_FLOOR: canLowerGlibc() ? 'ON' : 'OFF' };

/**
 * The shims in cmake/glibc_floor know what Debian 12 (glibc 2.36) added since 2.28; a younger machine, or one with musl,
 * builds for itself. Debian's static OpenSSL was built against Debian's own glibc, so that fallback does too.
 */
function canLowerGlibc() {
  const [, minor] = (process.report.getReport().header.glibcVersionRuntime ?? '2.99').split('.').map(Number);
  return minor <= 36 && process.env.FAIRLEAD_TLS !== 'openssl';
}

/** Builds the addon of out/<variant> and puts it at `to`, where it is found at run time. */
export async function buildAddon(variant = 'release', settings = releaseSettings, to = addonFolder) {
  const tree = await configure(variant, settings);
  say('building the addon');
  await ninja(tree, ['fairlead']);
  mkdirSync(to, { recursive: true });
  replaceFile(join(tree, 'fairlead.node'), join(to, 'fairlead.node'));
}

/** A running process keeps the old file: overwriting a mapped library in place would crash it. */
function replaceFile(from, to) {
  const fresh = `${to}.${process.pid}`;
  copyFileSync(from, fresh);
  renameSync(fresh, to);
}

/** Compiles lib/ to dist/. */
export async function buildTypeScript({ clean = false } = {}) {
  say('compiling TypeScript');
  if (clean) rmSync(join(root, 'dist'), { recursive: true, force: true });
  await run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.json']);
}
