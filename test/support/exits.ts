/** Programs that embed a proxy and end while it is busy. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
}

/** How a program of `test/support/lib` ended. */
export async function ended(program: string, ...args: readonly string[]): Promise<Ended> {
  const path = fileURLToPath(new URL(`lib/${program}`, import.meta.url));
  const child = spawn(process.execPath, ['--expose-gc', '--import', 'tsx', path, ...args], { stdio: 'ignore' });
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
  return { code, signal };
}

/** Ways of ending, and the codes that they end with. */
export const ways = { 'process.exit': 7, 'process.reallyExit': 7, 'an exception': 1, 'the end of the program': 7 };
