import { nodeProxy } from './node-proxy.js';

export const fastProxy = nodeProxy('fast-proxy', 'fast-proxy.mjs', ['tls']);
