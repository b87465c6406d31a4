/** Finds out which versions are installed. */
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { readFileSync } from 'node:fs';

/** The first `x.y.z` that `argv` prints; undefined when the program is missing, fails or prints none. */
export function versionOf(argv: readonly [string, ...string[]], directory?: string): string | undefined {
  const [program, ...args] = argv;
  const result = spawnSync(program, args, { encoding: 'utf8', timeout: 20_000, cwd: directory });
  if (result.error !== undefined || result.status !== 0) return undefined;
  return /\d+\.\d+(\.\d+)?(-[\w.]+)?/.exec(result.stdout + result.stderr)?.[0];
}

/** The version of an npm package; undefined when it is not installed. */
export function packageVersion(name: string): string | undefined {
  try {
    const require = createRequire(import.meta.url);
    // Not every package exports its package.json, so it is looked for beside the entry.
    for (let folder = dirname(require.resolve(name)); folder !== '/'; folder = dirname(folder)) {
      const manifest = manifestIn(folder);
      if (manifest?.name === name) return manifest.version;
    }
  } catch {
    // Not installed.
  }
  return undefined;
}

function manifestIn(folder: string): { readonly name?: string; readonly version?: string } | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { name?: string; version?: string };
  } catch {
    return undefined;
  }
}
