/** Reads what proxies/node-proxy.ts passes. */
import { readFileSync } from 'node:fs';

/** Longer than any run, so that no idle connection is closed. */
export const KEEP_ALIVE_MS = 600_000;

export const setting = JSON.parse(process.argv[2]);
export const origin = `http://127.0.0.1:${setting.originPort}`;

/** Options of a TLS server, or undefined for plain HTTP. */
export const tls =
  setting.certificate === undefined
    ? undefined
    : { cert: readFileSync(setting.certificate), key: readFileSync(setting.key), minVersion: 'TLSv1.3' };
