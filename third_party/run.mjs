// Runs a build command: one progress line while it works, its output only when it fails.
import { spawn } from 'node:child_process';

/** Says what is being done. */
export function say(text) {
  console.log(`[third_party] ${text}`);
}

/**
 * Runs a command to its end and returns what it wrote to standard output.
 * Throws with the last 40 lines of its output when it fails.
 */
export async function run(command, args, { cwd, env } = {}) {
  const child = spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let all = '';
  const keep = (chunk) => (all = (all + chunk).slice(-64 * 1024));
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
    keep(chunk);
  });
  child.stderr.on('data', keep);
  const code = await new Promise((resolve, reject) => {
    child.on('error', (cause) => reject(new Error(`cannot run ${command}: ${cause.message}`, { cause })));
    child.on('close', resolve);
  });
  if (code === 0) return stdout;
  const tail = all.trimEnd().split('\n').slice(-40).join('\n');
  throw new Error(`${[command, ...args].join(' ')} ended with ${code}:\n${tail}`);
}
