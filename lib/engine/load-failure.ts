/** What a person sees when the addon cannot be loaded: the facts, the likely cause, and the one thing to do. */
import { relative } from 'node:path';
import type { CLibrary } from './load.js';

/** What is known about a failed load. */
export interface LoadFailure {
  readonly platform: string;
  readonly arch: string;
  readonly libc: CLibrary;
  readonly node: string;
  /** Folder of the package. */
  readonly root: string;
  /** FAIRLEAD_NATIVE_PATH, when it was set. */
  readonly override: string | undefined;
  /** Addon files that are there. */
  readonly candidates: readonly string[];
  /** Message of the error that ended the attempt. */
  readonly reason: string;
}

interface Advice {
  readonly cause: string;
  readonly command: string;
}

const build = 'npm run build   (in a clone of the repository: needs cmake, ninja and g++ 12)';
const reinstall = 'npm install --force fairlead';

/** One screen of text. */
export function explain(failure: LoadFailure): string {
  const { platform, arch, libc, node, root, override, candidates } = failure;
  const wanted = override ?? `prebuilds/${platform}-${arch}/*.${libc.name}.node or build/Release/fairlead.node`;
  const present = candidates.map((path) => (override === undefined ? relative(root, path) : path));
  const { cause, command } = advise(failure);
  return [
    'the data plane did not start',
    '',
    `  system     ${platform} ${arch}, ${libc.name}${libc.version === undefined ? '' : ` ${libc.version}`}, Node ${node}`,
    `  package    ${root}`,
    `  looked for ${wanted}`,
    `  found      ${present.length === 0 ? 'nothing' : present.join(', ')}`,
    `  error      ${failure.reason
      .trim()
      .split(/\s*\n\s*/)
      .slice(0, 4)
      .join('\n             ')}`,
    '',
    `  Likely cause: ${cause}`,
    `  Do this:      ${command}`,
  ].join('\n');
}

const isInstalled = (root: string): boolean => root.includes('/node_modules/');

function advise({ root, platform, arch, libc, node, override, candidates, reason }: LoadFailure): Advice {
  if (override !== undefined && candidates.length === 0) {
    return { cause: 'FAIRLEAD_NATIVE_PATH names a file that is not there', command: 'unset FAIRLEAD_NATIVE_PATH' };
  }
  if (/another build of fairlead/.test(reason)) {
    return {
      cause: 'JavaScript and addon are not from the same build',
      command: override === undefined ? build : 'unset FAIRLEAD_NATIVE_PATH',
    };
  }
  const glibc = /version `?(GLIBC_[\d.]+)'? not found/.exec(reason)?.[1];
  if (glibc !== undefined) {
    return {
      cause: `the system's C library is older than ${glibc.replace('_', ' ')}`,
      command: 'use a newer system, such as the image node:20-bookworm',
    };
  }
  if (/NODE_MODULE_VERSION|napi_\w+|symbol .*node_api/.test(reason)) {
    return { cause: `Node ${node} is older than the addon needs`, command: 'use Node 20.19 or newer' };
  }
  if (/wrong ELF class|invalid ELF header|cannot open shared object file|relocating|Exec format/.test(reason)) {
    return {
      cause: `the addon was built for another system than ${platform} ${arch} with ${libc.name}; node_modules may have been copied`,
      command: reinstall,
    };
  }
  if (/failed to map segment|Operation not permitted|Permission denied/.test(reason)) {
    return {
      cause: 'the folder is mounted with noexec, or the file may not be read',
      command: 'install fairlead on a file system that allows executing',
    };
  }
  if (/file too short|ELF (load command|file)|cannot read file data|invalid ELF/i.test(reason)) return damaged(root);
  if (candidates.length === 0 && platform === 'linux' && (arch === 'x64' || arch === 'arm64')) {
    return {
      cause: isInstalled(root) ? 'the package was installed without its prebuilt files' : 'this clone was not built',
      command: isInstalled(root) ? reinstall : build,
    };
  }
  if (platform !== 'linux')
    return { cause: `fairlead runs on Linux; this is ${platform}`, command: 'run it in a Linux container' };
  if (candidates.length > 0 && /\.node\b/.test(reason) && !/No native build/.test(reason)) return damaged(root);
  return { cause: `there is no prebuilt addon for ${platform} ${arch} with ${libc.name}`, command: build };
}

/** A file that is there and was meant for this system, but is not whole: a download or a copy that broke off. */
const damaged = (root: string): Advice => ({
  cause: 'the file of the addon is damaged; it may have been cut off while it was downloaded or copied',
  command: isInstalled(root) ? reinstall : build,
});
