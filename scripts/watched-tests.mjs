// Test files run each in a process of its own with an end that is certain: a line for every file as soon as it is done,
// what a failed one said, and a table of figures at the end. For runs that take long, where a hang must cost one file.
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { coloured, root } from './run.mjs';

/** Lines shown of a sanitizer's report; the whole is in its file. */
const kReportLines = 60;
/** Lines shown of what a failed file said. */
const kOutputLines = 120;

/**
 * Runs the files, `concurrency` at a time, each at most `limitMs`.
 *
 * `environment(file, index)` is what a file's processes get; `reports(file, index)` is the folder where a sanitizer leaves
 * its reports about them: any report fails the file. Returns one result for each file, in the order of the files.
 */
export async function watchedTests(files, { concurrency, limitMs, environment, reports }) {
  // They do not share our terminal's group: an interrupt has to be handed on, by way of our exit.
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ]) {
    process.once(signal, () => process.exit(code));
  }
  const results = [];
  let next = 0;
  let done = 0;
  const work = async () => {
    while (next < files.length) {
      const index = next++;
      const result = await runFile(files[index], { limitMs, env: environment(files[index], index) });
      result.reports = reportsIn(reports(files[index], index));
      results[index] = result;
      tell(result, `${++done}/${files.length}`);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, work));
  return results;
}

/** Whether a file did all that it should, and nobody complained. */
export const isClean = ({ status, reports }) => status === 0 && reports.length === 0;

/** One line with the figures of all files. */
export function totals(results) {
  const sum = (pick) => results.reduce((total, result) => total + pick(result), 0);
  const counts = ['passed', 'failed', 'cancelled', 'skipped'].map((name) => `${sum((r) => r[name])} ${name}`);
  const processes = sum(({ reports }) => reports.length);
  return `${results.length} files, ${sum((r) => r.tests)} tests (${counts.join(', ')}), ${processes} processes with reports`;
}

async function runFile(file, { limitMs, env }) {
  const started = Date.now();
  const args = ['--import', 'tsx', '--test-reporter=spec', file];
  // A group of its own: when the time is over, the servers and proxies that the test started end with it.
  const child = spawn(process.execPath, args, {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text));
  const endGroup = () => endedGroup(child.pid);
  const timer = setTimeout(endGroup, limitMs);
  process.once('exit', endGroup);
  const status = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve(code ?? signal));
  });
  clearTimeout(timer);
  process.off('exit', endGroup);
  const seconds = (Date.now() - started) / 1000;
  return { file, status: seconds * 1000 >= limitMs ? 'out of time' : status, seconds, output, ...countsIn(output) };
}

function endedGroup(pid) {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

/** What the spec reporter says at the end of a file; nothing when it did not get there. */
function countsIn(output) {
  const count = (word) => Number(new RegExp(`^ℹ ${word} (\\d+)$`, 'm').exec(output)?.[1] ?? 0);
  const [tests, passed, failed, cancelled] = ['tests', 'pass', 'fail', 'cancelled'].map(count);
  return { tests, passed, failed, cancelled, skipped: count('skipped') };
}

function reportsIn(folder) {
  return readdirSync(folder).map((name) => join(folder, name));
}

function tell(result, progress) {
  const { file, status, seconds, tests, skipped, reports, output } = result;
  const mark = isClean(result) ? coloured('green', '✓') : coloured('red', '✗');
  const notes = [`${tests} tests`, `${seconds.toFixed(1)} s`];
  if (skipped > 0) notes.push(`${skipped} skipped`);
  if (status !== 0) notes.push(`ended with ${status}`);
  if (reports.length > 0) notes.push(`${reports.length} processes with reports`);
  console.log(`${mark} [${progress}] ${basename(file)}: ${notes.join(', ')}`);
  if (status !== 0) console.log(output.trimEnd().split('\n').slice(-kOutputLines).join('\n'));
  for (const path of reports) {
    console.log(`${path}:\n${readFileSync(path, 'utf8').split('\n').slice(0, kReportLines).join('\n')}`);
  }
}
