// Running commands for people: what is being done, how long it took, and a plain end when it fails.
import { spawn, spawnSync } from 'node:child_process';
import { resolve } from 'node:path';

/** The root of the project. */
export const root = resolve(import.meta.dirname, '..');

/** A failure that has been explained; the text is all the user needs to see. */
export class Stop extends Error {}

/** Text in a colour of the terminal ('cyan', 'green' or 'red'); plain where the output goes elsewhere. */
export function coloured(name, text) {
  const code = { red: 31, green: 32, cyan: 36 }[name];
  return process.stdout.isTTY && !process.env.NO_COLOR ? `\x1b[${code}m${text}\x1b[0m` : text;
}

/** Prints a step of the set-up. */
export function say(text) {
  console.log(`${coloured('cyan', '▸')} ${text}`);
}

/**
 * Runs a command with the terminal of this process, at the root of the project unless told otherwise.
 * Throws `Stop` when it fails; an interrupt (Ctrl-C) reaches the command by itself.
 */
export async function run(command, args, options = {}) {
  const status = await runStatus(command, args, options);
  if (status !== 0) throw new Stop(`${[command, ...args].join(' ').slice(0, 300)} failed (${status})`);
}

/**
 * Like `run`, but returns the exit status: a number, or the name of the signal that ended it. `input`, when given, is what
 * the command reads.
 */
export async function runStatus(command, args, { cwd = root, env = {}, input } = {}) {
  const stdin = input === undefined ? 'inherit' : 'pipe';
  const child = spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio: [stdin, 'inherit', 'inherit'] });
  child.stdin?.end(input);
  return new Promise((done, fail) => {
    child.on('error', (cause) => fail(new Stop(`cannot run ${command}: ${cause.message}`, { cause })));
    child.on('close', (code, signal) => done(code ?? signal));
  });
}

/**
 * Runs a command to its end and returns what it wrote to standard output.
 * Throws with the last 40 lines of its output when it fails.
 */
export async function runQuietly(command, args, { cwd = root, env = {} } = {}) {
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
    child.on('error', (cause) => reject(new Stop(`cannot run ${command}: ${cause.message}`, { cause })));
    child.on('close', resolve);
  });
  if (code === 0) return stdout;
  const tail = all.trimEnd().split('\n').slice(-40).join('\n');
  throw new Stop(`${[command, ...args].join(' ')} ended with ${code}:\n${tail}`);
}

/** Output of a command, or undefined when it is missing or fails. */
export function output(command, args, { cwd = root } = {}) {
  const result = spawnSync(command, args, { cwd, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  return result.status === 0 ? result.stdout : undefined;
}

/** Runs the body of a script: explained failures end it with 1 and their text, others with their stack. */
export async function script(body) {
  try {
    await body();
  } catch (error) {
    console.error(error instanceof Stop ? `\n${coloured('red', '✗')} ${error.message}` : error);
    process.exitCode = 1;
  }
}
