// npm run build: third-party libraries, the addon, TypeScript. Incremental.
import { buildAddon, buildTypeScript } from './build-steps.mjs';
import { script } from './run.mjs';
import { setUp } from './setup.mjs';

await script(async () => {
  await setUp('build');
  await buildAddon();
  await buildTypeScript();
});
