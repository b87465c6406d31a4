/** Programs in a network of their own, with files of their own for the system's resolver. */
import { execFile, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { TestFolder } from './proxy.js';

/** So that port 53 is free. */
const inOwnNetwork = [
  '-n',
  '-m',
  'sh',
  '-c',
  'ip link set lo up && mount --bind "$0/resolv.conf" /etc/resolv.conf && mount --bind "$0/nsswitch.conf" /etc/nsswitch.conf && exec "$@"',
];
const resolverFiles = {
  'resolv.conf': 'nameserver 127.0.0.1\noptions timeout:2 attempts:1\n',
  'nsswitch.conf': 'hosts: dns\n',
} as const;

async function withFiles(): Promise<TestFolder> {
  const folder = await TestFolder.create();
  for (const [name, text] of Object.entries(resolverFiles)) await folder.write(name, text);
  return folder;
}

/** Whether this machine allows it. */
export const hasOwnNetworks = async (): Promise<boolean> => {
  await using folder = await withFiles();
  return spawnSync('unshare', [...inOwnNetwork, folder.path, 'true']).status === 0;
};

/** What a program of test/support/lib prints, as JSON. */
export async function runInOwnNetwork(name: string): Promise<unknown> {
  await using folder = await withFiles();
  const program = fileURLToPath(new URL(`lib/${name}`, import.meta.url));
  const command = [...inOwnNetwork, folder.path, process.execPath, '--import', 'tsx', program];
  const { stdout } = await promisify(execFile)('unshare', command);
  return JSON.parse(stdout) as unknown;
}
