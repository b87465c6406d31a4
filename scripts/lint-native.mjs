// npm run lint:native [-- part-of-a-path]: clang-tidy and cppcheck over the C++ sources. A file that passed is looked at
// again only when it, something that it includes, or the checks have changed. The first run takes minutes.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { configure } from './build-steps.mjs';
import { nativeSources } from './files.mjs';
import { output, root, run, say, script, Stop } from './run.mjs';
import { setUp } from './setup.mjs';

const kTidy = 'clang-tidy-16';
/** Where a quoted include may lie, in the order in which it is looked for; beside the file that includes comes first. */
const kIncludeFolders = ['native', 'bindings', '.'];

const [part = ''] = process.argv.slice(2);

await script(async () => {
  await setUp('develop');
  // Configured with clang, so that its own warnings are understood; nothing is compiled.
  const tree = await configure('tidy', {
    CMAKE_CXX_COMPILER: 'clang++-16',
    CMAKE_C_COMPILER: 'clang-16',
    CMAKE_BUILD_TYPE: 'Debug',
  });
  const sources = nativeSources().filter((path) => /^(native|bindings)\/.*\.cc$/.test(path) && path.includes(part));
  const complaints = await tidy(tree, sources);
  const checked = await cppcheck(tree, sources);
  if (complaints.length > 0) throw new Stop(`clang-tidy complains about ${complaints.join(', ')}`);
  if (checked !== undefined) throw checked;
});

/** Runs clang-tidy where it is needed, on all processors; returns the files with complaints, which are printed. */
async function tidy(tree, sources) {
  const passed = join(tree, 'passed');
  mkdirSync(passed, { recursive: true });
  const common = [output(kTidy, ['--version']), readFileSync(join(root, '.clang-tidy'), 'utf8')];
  const stampOf = (path) => join(passed, digest([...common, path, ...contents(path)]));
  const stale = sources.filter((path) => !existsSync(stampOf(path)));
  say(`clang-tidy over ${stale.length} files; ${sources.length - stale.length} have not changed since they passed`);
  const complaints = [];
  let done = 0;
  const work = async (queue) => {
    for (let path = queue.shift(); path !== undefined; path = queue.shift()) {
      const { status, text } = await tidyFile(tree, path);
      if (status === 0) writeFileSync(stampOf(path), '');
      else complaints.push(path);
      console.log(`[${++done}/${stale.length}] ${path}${status === 0 ? '' : `\n${text.trimEnd()}`}`);
    }
  };
  const queue = [...stale];
  await Promise.all(Array.from({ length: availableParallelism() }, () => work(queue)));
  return complaints.sort();
}

async function tidyFile(tree, path) {
  const child = spawn(kTidy, ['--quiet', '-p', tree, join(root, path)], { stdio: ['ignore', 'pipe', 'ignore'] });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (piece) => (text += piece));
  const status = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve(code ?? signal));
  });
  return { status, text };
}

function digest(texts) {
  const hash = createHash('sha256');
  for (const text of texts) hash.update(text).update('\0');
  return hash.digest('hex');
}

/** The texts of a file and of all files of the project that it includes, in a fixed order. */
function contents(path, seen = new Map()) {
  if (seen.has(path)) return [];
  const text = readFileSync(join(root, path), 'utf8');
  seen.set(path, text);
  for (const [, name] of text.matchAll(/^\s*#include "([^"]+)"/gm)) {
    const found = [dirname(path), ...kIncludeFolders].map((folder) => join(folder, name));
    const file = found.find((candidate) => existsSync(join(root, candidate)));
    if (file !== undefined) contents(file, seen);
  }
  return [...seen.values()];
}

/** Runs cppcheck, which keeps what it knows of unchanged files by itself; returns its failure. */
async function cppcheck(tree, sources) {
  say('cppcheck');
  const known = join(tree, 'cppcheck');
  mkdirSync(known, { recursive: true });
  const options = [
    '--std=c++20',
    '--language=c++',
    '--enable=warning,performance,portability',
    '--inline-suppr',
    '--quiet',
  ];
  const suppressed = ['--suppress=missingIncludeSystem', '--suppress=internalAstError', '--suppress=unknownMacro'];
  const where = [`--cppcheck-build-dir=${known}`, '-j', String(availableParallelism()), '--error-exitcode=1'];
  try {
    await run('cppcheck', [...options, ...suppressed, ...where, ...sources]);
  } catch (error) {
    if (error instanceof Stop) return error;
    throw error;
  }
  return undefined;
}
