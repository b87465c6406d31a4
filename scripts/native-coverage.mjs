// Reads what gcov counted and prints executed lines for each layer.
import { spawnSync } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { root, say } from './run.mjs';

/** Sums up the counters of a build tree, prints a table, and writes { file: { line: count } } to `target`. */
export async function nativeCoverage(tree, target) {
  const files = new Map();
  const counters = readdirSync(tree, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.gcda'));
  for (const name of counters) addCounters(files, tree, join(tree, name));
  writeFileSync(
    target,
    JSON.stringify(Object.fromEntries([...files].map(([path, lines]) => [path, Object.fromEntries(lines)]))),
  );
  printTable(files);
}

function addCounters(files, tree, path) {
  const result = spawnSync('gcov', ['--json-format', '--stdout', path], { cwd: tree, maxBuffer: 1 << 30 });
  if (result.status !== 0) return;
  for (const text of result.stdout.toString().split('\n').filter(Boolean)) {
    for (const { file, lines } of JSON.parse(text).files) {
      const name = relative(root, resolve(root, file));
      if (!/^(native|bindings)\//.test(name) || name.includes('/generated/')) continue;
      const counts = files.get(name) ?? new Map();
      for (const { line_number: line, count } of lines) counts.set(line, (counts.get(line) ?? 0) + count);
      files.set(name, counts);
    }
  }
}

function printTable(files) {
  const layers = new Map();
  for (const [name, lines] of files) {
    const layer = name.startsWith('native/') ? name.split('/')[1] : 'bindings';
    const sum = layers.get(layer) ?? { executed: 0, all: 0 };
    sum.all += lines.size;
    sum.executed += [...lines.values()].filter((count) => count > 0).length;
    layers.set(layer, sum);
  }
  say('C++ lines executed');
  const total = { executed: 0, all: 0 };
  for (const [layer, sum] of [...layers].sort()) {
    total.executed += sum.executed;
    total.all += sum.all;
    console.log(row(layer, sum));
  }
  console.log(row('all', total));
}

const row = (name, { executed, all }) =>
  `  ${name.padEnd(12)} ${((100 * executed) / Math.max(all, 1)).toFixed(1).padStart(5)} %  (${executed} of ${all})`;
