// The door of binding.gyp to the CMake build: node bindings/build.mjs [configuration] [folder for fairlead.node].
// CMake works in out/, never in build/, which node-gyp deletes before it calls us.
import { resolve } from 'node:path';
import { buildAddon, releaseSettings } from '../scripts/build-steps.mjs';
import { root, script } from '../scripts/run.mjs';

const [configuration = 'Release', folder = 'build/Release'] = process.argv.slice(2);

await script(() =>
  configuration === 'Debug'
    ? buildAddon('debug', { CMAKE_BUILD_TYPE: 'Debug' }, resolve(root, folder))
    : buildAddon('release', releaseSettings, resolve(root, folder)),
);
