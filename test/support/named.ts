/** Servers with the names a, b, c and so on, and who answered. */
import { EchoBackend } from './backends.js';
import { request } from './client.js';
import type { TestProxy } from './proxy.js';

/** So many servers, gone at the end of the block. */
export async function backends(count: number): Promise<AsyncDisposable & { readonly all: readonly EchoBackend[] }> {
  const all: EchoBackend[] = [];
  for (let i = 0; i < count; i++) all.push(await EchoBackend.start('abcdef'[i]));
  const dispose = async (): Promise<void> => {
    await Promise.all(all.map((backend) => backend[Symbol.asyncDispose]()));
  };
  return { all, [Symbol.asyncDispose]: dispose };
}

/** The names of those who answered, one after the other on one connection. */
export async function answers(proxy: TestProxy, count: number): Promise<string> {
  await using client = await proxy.connect();
  let names = '';
  for (let i = 0; i < count; i++) names += (await client.ask(request('GET /'))).echoed.name;
  return names;
}

/** How often each name stands among those who answered. */
export const shares = (names: string): Readonly<Record<string, number>> =>
  Object.fromEntries([...new Set(names)].sort().map((name) => [name, names.split(name).length - 1]));
