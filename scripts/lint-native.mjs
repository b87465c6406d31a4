// npm run lint:native [-- part-of-a-path]: clang-tidy and cppcheck over the C++ sources. Takes minutes, so it is not part
// of `npm test`.
import { join } from 'node:path';
import { availableParallelism } from 'node:os';
import { configure } from './build-steps.mjs';
import { nativeSources } from './files.mjs';
import { root, run, say, script } from './run.mjs';
import { setUp } from './setup.mjs';

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
  say(`clang-tidy over ${sources.length} files`);
  await run('xargs', ['-P', String(availableParallelism()), '-n', '1', 'clang-tidy-16', '--quiet', '-p', tree], {
    input: sources.map((path) => join(root, path)).join('\n'),
  });
  say('cppcheck');
  const options = [
    '--std=c++20',
    '--language=c++',
    '--enable=warning,performance,portability',
    '--inline-suppr',
    '--quiet',
  ];
  const suppressed = ['--suppress=missingIncludeSystem', '--suppress=internalAstError', '--suppress=unknownMacro'];
  await run('cppcheck', [...options, ...suppressed, '--error-exitcode=1', ...sources]);
});
