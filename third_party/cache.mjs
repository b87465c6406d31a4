// The folder outside the tree where sources are unpacked and libraries are built, once for each version and set of flags.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, openSync, closeSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Where everything lies: FAIRLEAD_CACHE_DIR, or fairlead/third_party in the user's cache folder. */
export function cacheRoot(env = process.env) {
  const base = env.FAIRLEAD_CACHE_DIR ?? join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'fairlead');
  return join(base, 'third_party');
}

/** The folder of one entry; any change of `parts` gives another folder. */
export function entryPath(name, version, parts) {
  const hash = createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 12);
  return join(cacheRoot(), `${name}-${version}-${hash}`);
}

const marker = (path) => join(path, '.complete');

/** True when the entry was finished; a half-made one (a build that was interrupted) does not count. */
export const isComplete = (path) => existsSync(marker(path));

/**
 * Makes the entry with `fill(path)` unless it is there. Only one process fills it; others wait. A failed attempt leaves
 * its folder for inspection, and the next attempt starts from an empty one.
 */
export async function ensureEntry(path, fill) {
  if (isComplete(path)) return path;
  return withLock(`${path}.lock`, async () => {
    if (isComplete(path)) return path;
    rmSync(path, { recursive: true, force: true });
    mkdirSync(path, { recursive: true });
    await fill(path);
    writeFileSync(marker(path), `${new Date().toISOString()}\n`);
    return path;
  });
}

/** Runs `work` while holding the lock file; a lock whose owner has died is taken over. */
async function withLock(path, work) {
  mkdirSync(join(path, '..'), { recursive: true });
  let announced = false;
  while (!tryLock(path)) {
    if (!announced) console.log(`[third_party] waiting for another build (${path})`);
    announced = true;
    await sleep(500);
  }
  try {
    return await work();
  } finally {
    rmSync(path, { force: true });
  }
}

function tryLock(path) {
  try {
    const file = openSync(path, 'wx');
    writeSync(file, String(process.pid));
    closeSync(file);
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    if (ownerIsGone(path)) rmSync(path, { force: true });
    return false;
  }
}

function ownerIsGone(path) {
  try {
    const owner = Number(readFileSync(path, 'utf8'));
    // Between creation and the write of the number the file is empty: its owner is alive.
    if (!owner) return false;
    process.kill(owner, 0);
    return false;
  } catch (error) {
    return error.code === 'ESRCH';
  }
}
