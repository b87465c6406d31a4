/** Finds and loads the addon, or explains on one screen why it cannot. */
import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { AppError, reasonOf } from '../errors.js';
import { packageRoot } from '../package.js';
import { fingerprint, statsFingerprint } from '../snapshot/generated/fingerprint.js';
import type { Binding } from './binding.js';
import { checkWhole } from './elf.js';
import { explain } from './load-failure.js';

/** The C library of this process: node-gyp-build only knows musl by /etc/alpine-release. */
export interface CLibrary {
  readonly name: 'glibc' | 'musl';
  readonly version?: string;
}

let loaded: Binding | undefined;

/** The addon; loaded once. Throws ERR_FAIRLEAD_NATIVE_LOAD with the whole story. */
export function loadBinding(): Binding {
  loaded ??= load(packageRoot(), process.env['FAIRLEAD_NATIVE_PATH']);
  return loaded;
}

function load(root: string, override: string | undefined): Binding {
  const libc = cLibrary();
  try {
    const path = override ?? locate(root, libc);
    checkWhole(path);
    const binding = createRequire(import.meta.url)(path) as Binding;
    return matching(binding, path);
  } catch (cause) {
    const message = explain({
      platform: process.platform,
      arch: process.arch,
      libc,
      node: process.version,
      root,
      override,
      candidates: candidates(root, override),
      reason: reasonOf(cause),
    });
    throw new AppError('ERR_FAIRLEAD_NATIVE_LOAD', message, { cause });
  }
}

/** node-gyp-build reads LIBC when it is loaded, so it is set around that. */
function locate(root: string, libc: CLibrary): string {
  const before = process.env['LIBC'];
  process.env['LIBC'] = before ?? libc.name;
  try {
    const nodeGypBuild = createRequire(import.meta.url)('node-gyp-build') as { path(folder: string): string };
    return nodeGypBuild.path(root);
  } finally {
    if (before === undefined) delete process.env['LIBC'];
  }
}

/** The addon of another build would misread every snapshot. */
function matching(binding: Binding, path: string): Binding {
  const abi = binding.abi();
  if (abi.wire === fingerprint && abi.stats === statsFingerprint) return binding;
  throw new Error(
    `${path} belongs to another build of fairlead (layout ${abi.wire.toString(16)}, expected ${fingerprint.toString(16)})`,
  );
}

function cLibrary(): CLibrary {
  const report = process.report.getReport() as { readonly header?: { readonly glibcVersionRuntime?: string } };
  const version = report.header?.glibcVersionRuntime;
  return version === undefined ? { name: 'musl' } : { name: 'glibc', version };
}

/** Every addon file that is there, whether or not it would be chosen. */
function candidates(root: string, override: string | undefined): readonly string[] {
  if (override !== undefined) return existsSync(override) ? [override] : [];
  const folders = [join(root, 'build', 'Release'), ...subfolders(join(root, 'prebuilds'))];
  return folders.flatMap((folder) =>
    entries(folder)
      .filter((name) => name.endsWith('.node'))
      .map((name) => join(folder, name)),
  );
}

const subfolders = (folder: string): readonly string[] => entries(folder).map((name) => join(folder, name));

function entries(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
