// Fetches packages and source archives of Debian through a private apt configuration: signatures and hashes are checked
// by apt, the system's own sources, lists and installed packages are never touched.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheRoot, ensureEntry } from './cache.mjs';
import { run, say } from './run.mjs';

const kKeyring = '/usr/share/keyrings/debian-archive-keyring.gpg';
// Lists older than this are read again: sid drops an archive soon after its successor arrives.
const kListsMaxAgeDays = 1;

/** Downloads and unpacks a binary package; returns { root, version }. */
export async function fetchPackage(name) {
  return fetched(`deb-${name}`, async (dir, options) => {
    await run('apt-get', [...options, 'download', name], { cwd: dir });
    const [deb] = readdirSync(dir).filter((file) => file.endsWith('.deb'));
    const version = (await run('dpkg-deb', ['-f', deb, 'Version'], { cwd: dir })).trim();
    await run('dpkg-deb', ['-x', deb, 'root'], { cwd: dir });
    return version;
  });
}

/** Downloads and unpacks the upstream archive of a source package; returns { root, version }. */
export async function fetchSource(name) {
  return fetched(`src-${name}`, async (dir, options) => {
    await run('apt-get', [...options, 'source', '--download-only', '--tar-only', name], { cwd: dir });
    const [archive] = readdirSync(dir).filter((file) => file.includes('.orig.tar.') && !file.endsWith('.asc'));
    mkdirSync(join(dir, 'root'));
    await run('tar', ['-xf', archive, '--strip-components=1', '-C', 'root'], { cwd: dir });
    return archive.slice(name.length + 1, archive.indexOf('.orig.tar.'));
  });
}

/** Tries sid first, then the machine's own suite; what was fetched once stays. */
async function fetched(key, fetch) {
  const path = join(cacheRoot(), 'sources', key);
  await ensureEntry(path, async (dir) => {
    const failures = [];
    for (const suite of ['sid', ownSuite()]) {
      try {
        say(`fetching ${key.slice(4)} from Debian ${suite}`);
        const version = await fetch(dir, await aptOptions(suite));
        writeFileSync(join(dir, 'version'), version.replaceAll(/[^\w.+-]/g, '_'));
        return;
      } catch (error) {
        failures.push(`${suite}: ${error.message}`);
      }
    }
    throw new Error(`${key.slice(4)} could not be fetched.\n${failures.join('\n')}`);
  });
  return { root: join(path, 'root'), version: readFileSync(join(path, 'version'), 'utf8') };
}

/** Options that make apt use a folder of its own, with the lists of one suite. */
async function aptOptions(suite) {
  const dir = join(cacheRoot(), 'apt', `${suite}-${Math.floor(Date.now() / 86_400_000 / kListsMaxAgeDays)}`);
  const options = [
    '-q',
    ...['-o', 'Dir::Etc::sourcelist=/dev/null', '-o', `Dir::Etc::sourceparts=${join(dir, 'sources')}`],
    ...['-o', `Dir::State=${join(dir, 'state')}`, '-o', 'Dir::State::status=/var/lib/dpkg/status'],
    ...['-o', `Dir::Cache=${join(dir, 'cache')}`, '-o', 'APT::Sandbox::User=root'],
    ...['-o', 'Acquire::Languages=none', '-o', 'Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false'],
    ...['-o', 'Acquire::Retries=3'],
  ];
  await ensureEntry(dir, async () => {
    for (const folder of ['sources', 'state/lists/partial', 'cache/archives/partial']) {
      mkdirSync(join(dir, folder), { recursive: true });
    }
    writeFileSync(join(dir, 'sources', `${suite}.sources`), stanza(suite));
    await run('apt-get', [...options, 'update', '--error-on=any']);
  });
  return options;
}

/** A source entry like the machine's own, for another suite. */
function stanza(suite) {
  const { uri, keyring } = ownMirror();
  return `Types: deb deb-src\nURIs: ${uri}\nSuites: ${suite}\nComponents: main\nSigned-By: ${keyring}\n`;
}

function ownMirror() {
  const file = '/etc/apt/sources.list.d/debian.sources';
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const uri = /^URIs:\s*(\S+\/debian)\/?\s*$/m.exec(text)?.[1] ?? 'http://deb.debian.org/debian';
  const keyring = /^Signed-By:\s*(\S+)/m.exec(text)?.[1] ?? kKeyring;
  if (!existsSync(keyring)) {
    throw new Error(`${keyring} is missing (package debian-archive-keyring), so nothing fetched could be verified`);
  }
  return { uri, keyring };
}

function ownSuite() {
  const release = existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : '';
  return /^VERSION_CODENAME=(\w+)/m.exec(release)?.[1] ?? 'bookworm';
}
