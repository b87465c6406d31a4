import http from 'node:http';
import https from 'node:https';
import fastProxy from 'fast-proxy';
import { KEEP_ALIVE_MS, origin, setting, tls } from './setting.mjs';

const { proxy } = fastProxy({ base: origin, undici: { connections: 256, pipelining: 1 } });
const serve = (request, response) => proxy(request, response, request.url, {});
const server = tls === undefined ? http.createServer(serve) : https.createServer(tls, serve);
server.keepAliveTimeout = KEEP_ALIVE_MS;
server.listen({ port: setting.port, host: '127.0.0.1', backlog: 4096 });
