/** What the proxies written in JavaScript have in common: a small server in node/ and its arguments. */
import { join } from 'node:path';
import type { Feature, Proxy, Setting } from './define.js';
import { blockNode, hookArguments } from './block.js';
import { packageVersion } from './version.js';

/** A proxy that is an npm package; `script` is its server in node/. */
export function nodeProxy(name: string, script: string, features: readonly Feature[]): Proxy {
  return {
    name,
    features: [...features, 'block'],
    isSlow: true,
    install: 'npm install',
    version: () => packageVersion(name),
    files: () => ({}),
    command: (setting) => ({
      argv: [
        process.execPath,
        ...hookArguments(setting),
        join(import.meta.dirname, 'node', script),
        JSON.stringify(argumentOf(setting)),
      ],
      environment: { NODE_ENV: 'production' },
    }),
    block: blockNode,
  };
}

/** What node/setting.mjs reads. */
function argumentOf({ port, originPort, certificate, websocket }: Setting): object {
  return { port, originPort, certificate: certificate?.certificate, key: certificate?.key, websocket };
}
