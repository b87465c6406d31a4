// Preloaded into processes of Node that are to be looked into: SIGUSR2 does what hook.json in the working directory says.
import { readFileSync, renameSync, writeFileSync } from 'node:fs';

function block({ milliseconds, computes }) {
  if (!computes) {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
    return;
  }
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
}

process.on('SIGUSR2', () => {
  const { wanted, ...details } = JSON.parse(readFileSync('hook.json', 'utf8'));
  if (wanted === 'block') return block(details);
  writeFileSync('memory.json.new', JSON.stringify(process.memoryUsage()));
  renameSync('memory.json.new', 'memory.json');
});
