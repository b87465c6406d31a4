import { nodeProxy } from './node-proxy.js';

export const httpProxy = nodeProxy('http-proxy', 'http-proxy.mjs', ['tls', 'websocket']);
