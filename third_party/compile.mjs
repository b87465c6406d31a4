// Compiles one library with CMake: static, position independent, hidden, into its cache entry.
import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { ensureEntry, entryPath } from './cache.mjs';
import { run, say } from './run.mjs';

/** Flags of every third-party library, for the given sanitizer ('' for none). */
function compilerFlags(sanitize) {
  const flags = ['-O2', '-g0', '-fPIC', '-fvisibility=hidden', '-ffunction-sections', '-fdata-sections', '-w'];
  if (sanitize) flags.push(`-fsanitize=${sanitize}`, '-fno-omit-frame-pointer');
  return flags.join(' ');
}

/** Our own build description, which must be part of the key; a library that brings one has it covered by its version. */
const recipeText = (source) =>
  source.startsWith(import.meta.dirname) ? readFileSync(join(source, 'CMakeLists.txt'), 'utf8') : '';

/**
 * Builds `library` and returns its build folder.
 *
 * library: { name, version, source (CMake project), options (-D values), targets, outputs (relative archive paths) }
 * toolchain: { cc, cxx, sanitize }
 */
export async function compile(library, toolchain) {
  const flags = compilerFlags(toolchain.sanitize);
  const { name, version, source, options = {}, targets, outputs } = library;
  const path = entryPath(name, version, { source, recipe: recipeText(source), options, flags, toolchain });
  return ensureEntry(path, async (build) => {
    const started = Date.now();
    say(`building ${name} ${version}${toolchain.sanitize ? ` (${toolchain.sanitize} sanitizer)` : ''}`);
    const definitions = {
      CMAKE_BUILD_TYPE: 'Release',
      CMAKE_C_COMPILER: toolchain.cc,
      CMAKE_CXX_COMPILER: toolchain.cxx,
      CMAKE_C_FLAGS: flags,
      CMAKE_CXX_FLAGS: `${flags} -fvisibility-inlines-hidden`,
      CMAKE_C_FLAGS_RELEASE: '-DNDEBUG',
      CMAKE_CXX_FLAGS_RELEASE: '-DNDEBUG',
      CMAKE_POSITION_INDEPENDENT_CODE: 'ON',
      BUILD_SHARED_LIBS: 'OFF',
      ...options,
    };
    const defines = Object.entries(definitions).map(([key, value]) => `-D${key}=${value}`);
    await run('cmake', ['-S', source, '-B', build, '-G', 'Ninja', ...defines]);
    await run('cmake', ['--build', build, '--parallel', String(availableParallelism()), '--target', ...targets]);
    const missing = outputs.filter((file) => !existsSync(join(build, file)));
    if (missing.length > 0) throw new Error(`${name} was built, but ${missing.join(', ')} is missing`);
    say(`built ${name} ${version} in ${Math.round((Date.now() - started) / 1000)} s`);
  });
}
