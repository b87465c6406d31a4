import proxy from '@fastify/http-proxy';
import Fastify from 'fastify';
import { KEEP_ALIVE_MS, origin, setting, tls } from './setting.mjs';

const server = Fastify({ logger: false, https: tls ?? null, keepAliveTimeout: KEEP_ALIVE_MS, bodyLimit: 2 ** 30 });
await server.register(proxy, {
  upstream: origin,
  websocket: setting.websocket,
  undici: { connections: 256, pipelining: 1, keepAliveTimeout: KEEP_ALIVE_MS },
});
await server.listen({ port: setting.port, host: '127.0.0.1', backlog: 4096 });
