// npm run format: writes every file as the formatters want it.
import { join } from 'node:path';
import { nativeSources } from './files.mjs';
import { root, run, script } from './run.mjs';
import { setUp } from './setup.mjs';

await script(async () => {
  await setUp('test');
  await run(process.execPath, [
    join(root, 'node_modules/prettier/bin/prettier.cjs'),
    '--write',
    '--log-level=warn',
    '.',
  ]);
  const sources = nativeSources();
  if (sources.length > 0) await run('clang-format-16', ['-i', ...sources]);
});
