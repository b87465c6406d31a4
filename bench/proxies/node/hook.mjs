// Preloaded into processes of Node whose JavaScript is to be blocked: SIGUSR2 does what hook.json in the working directory says.
import { readFileSync } from 'node:fs';

process.on('SIGUSR2', () => {
  const { milliseconds, computes } = JSON.parse(readFileSync('hook.json', 'utf8'));
  if (!computes) {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
    return;
  }
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
});
