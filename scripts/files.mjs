// Which files a command is about.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './run.mjs';

/** Files below a folder whose name ends with one of the endings, as paths from the root of the project, sorted. */
export function filesBelow(folder, ...endings) {
  const start = join(root, folder);
  if (!existsSync(start)) return [];
  return readdirSync(start, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && endings.some((ending) => entry.name.endsWith(ending)))
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .sort();
}

/** Every C and C++ file that is written by hand. */
export function nativeSources() {
  return ['native', 'bindings', 'test/unit/native', 'test/support/native', 'test/fuzz', 'cmake/glibc_floor', 'bench']
    .flatMap((folder) => filesBelow(folder, '.cc', '.h', '.c'))
    .filter((path) => !path.includes('/generated/'));
}
