/** Compiles the three C programs of the benchmark once per change of their sources. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';

const SOURCES = join(import.meta.dirname, 'native');
const FLAGS = ['-O2', '-std=gnu11', '-Wall', '-Wextra', '-Wconversion', '-Werror', '-Wno-deprecated-declarations'];

const PROGRAMS = {
  origin: { sources: ['origin.c', 'head.c', 'system.c'], libraries: ['-lcrypto'] },
  relay: { sources: ['relay.c', 'system.c'], libraries: [] },
  loadgen: {
    sources: [
      'loadgen.c',
      'client.c',
      'request.c',
      'plan.c',
      'transport.c',
      'head.c',
      'histogram.c',
      'cputime.c',
      'system.c',
    ],
    libraries: ['-lssl', '-lcrypto'],
  },
} as const;

const HEADERS = ['client.h', 'cputime.h', 'head.h', 'histogram.h', 'load.h', 'request.h', 'system.h', 'transport.h'];

/** Paths of the compiled programs. */
export type NativePrograms = Readonly<Record<keyof typeof PROGRAMS, string>>;

/**
 * Compiles what is missing in `cache` and returns the paths. The name of a binary holds a hash of its sources, so a
 * stale one is never run. Throws with gcc's words when a program does not compile.
 */
export function compileNative(cache: string): NativePrograms {
  mkdirSync(cache, { recursive: true });
  const compile = (name: keyof typeof PROGRAMS): string => {
    const { sources, libraries } = PROGRAMS[name];
    const binary = join(cache, `${name}-${fingerprint([...sources, ...HEADERS])}`);
    if (existsSync(binary)) return binary;
    const paths = sources.map((file) => join(SOURCES, file));
    try {
      execFileSync('gcc', [...FLAGS, '-o', `${binary}.new`, ...paths, ...libraries], {
        stdio: ['ignore', 'ignore', 'inherit'],
      });
    } catch (cause) {
      throw new Error(`${name} does not compile; it needs: apt-get install gcc libc6-dev libssl-dev`, { cause });
    }
    renameSync(`${binary}.new`, binary);
    return binary;
  };
  return { origin: compile('origin'), relay: compile('relay'), loadgen: compile('loadgen') };
}

function fingerprint(files: readonly string[]): string {
  const hash = createHash('sha256').update(FLAGS.join(' '));
  for (const file of files) hash.update(readFileSync(join(SOURCES, file)));
  return hash.digest('hex').slice(0, 12);
}
