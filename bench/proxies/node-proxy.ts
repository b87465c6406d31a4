/** What the proxies written in JavaScript have in common: a small server in node/ and its arguments. */
import { join } from 'node:path';
import type { Feature, Proxy } from './define.js';
import { packageVersion } from './version.js';

/** A proxy that is an npm package; `script` is its server in node/. */
export function nodeProxy(name: string, script: string, features: readonly Feature[]): Proxy {
  return {
    name,
    features,
    install: 'npm install',
    version: () => packageVersion(name),
    files: () => ({}),
    command: ({ port, originPort, certificate, websocket }) => ({
      argv: [
        process.execPath,
        join(import.meta.dirname, 'node', script),
        JSON.stringify({ port, originPort, certificate: certificate?.certificate, key: certificate?.key, websocket }),
      ],
      environment: { NODE_ENV: 'production' },
    }),
  };
}
