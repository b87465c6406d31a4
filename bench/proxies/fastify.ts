import { nodeProxy } from './node-proxy.js';

export const fastify = nodeProxy('@fastify/http-proxy', 'fastify.mjs', ['tls', 'websocket']);
