// Brings a machine to the point where the project can be built: Debian packages, then npm packages. Plain Node without
// dependencies, because it runs before `npm ci`. Does nothing, quickly, when everything is there.
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { debianPackages } from './debian-packages.mjs';
import { output, root, run, runQuietly, say, Stop } from './run.mjs';

/** Installs what the purpose ('build', 'test', 'bench' or 'develop') needs and is missing. */
export async function setUp(purpose) {
  requireNode();
  await ensureDebianPackages(purpose);
  await ensureNodeModules();
}

function requireNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  throw new Stop(`Node ${process.versions.node} is too old: 20.19 or later is needed.`);
}

async function ensureDebianPackages(purpose) {
  const wanted = debianPackages[purpose];
  if (output('dpkg-query', ['--version']) === undefined) {
    requireTools();
    return;
  }
  const missing = wanted.filter((name) => !isInstalled(name));
  if (missing.length === 0) return;
  if (process.getuid?.() !== 0) {
    throw new Stop(`Debian packages are missing. Run this as root, then try again:\n\n  ${installCommand(missing)}\n`);
  }
  say(`installing Debian packages: ${missing.join(' ')}`);
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  await runQuietly('apt-get', ['-q', 'update'], { env });
  const install = ['-q', 'install', '-y', '--no-install-recommends', ...missing];
  await withoutServiceStart(() => runQuietly('apt-get', install, { env }));
}

const installCommand = (names) => `apt-get update && apt-get install -y --no-install-recommends ${names.join(' ')}`;

function isInstalled(name) {
  // A package is found under its own name and, for foreign architectures, as name:arch: any installed one will do.
  return output('dpkg-query', ['-W', '-f=${db:Status-Abbrev}', name])?.startsWith('ii') ?? false;
}

/** On a system without dpkg the tools may be there under other package names. */
function requireTools() {
  const missing = ['cmake', 'ninja', 'g++'].filter((tool) => output(tool, ['--version']) === undefined);
  if (missing.length === 0) return;
  throw new Stop(
    `This is not a Debian system, and ${missing.join(', ')} ${missing.length > 1 ? 'are' : 'is'} missing. ` +
      `Install the counterparts of these Debian packages: ${debianPackages.test.join(' ')}`,
  );
}

/** nginx and haproxy are for tests: installing them must not open port 80. An existing policy is respected. */
async function withoutServiceStart(work) {
  const policy = '/usr/sbin/policy-rc.d';
  if (existsSync(policy)) return work();
  writeFileSync(policy, '#!/bin/sh\nexit 101\n');
  chmodSync(policy, 0o755);
  try {
    return await work();
  } finally {
    rmSync(policy, { force: true });
  }
}

/** Runs `npm ci` when node_modules does not come from the present lock file. */
async function ensureNodeModules() {
  const stamp = join(root, 'node_modules', '.fairlead-lock');
  const wanted = lockHash();
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  say('installing npm packages (npm ci)');
  await run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error']);
  writeFileSync(stamp, wanted);
}

/** Names the lock file and the settings it was installed with. */
export function lockHash() {
  const hash = createHash('sha256');
  for (const file of ['package-lock.json', '.npmrc']) hash.update(readFileSync(join(root, file)));
  return hash.digest('hex');
}
