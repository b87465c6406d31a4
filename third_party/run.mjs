// Running build commands: their output is shown only when they fail.
export { runQuietly as run } from '../scripts/run.mjs';

/** Says what is being done. */
export function say(text) {
  console.log(`[third_party] ${text}`);
}
