import http from 'node:http';
import https from 'node:https';
import httpProxy from 'http-proxy';
import { KEEP_ALIVE_MS, origin, setting, tls } from './setting.mjs';

// http-proxy passes a client's "Connection: close" on; naming the field keeps its connections to the origin.
const headers = setting.websocket ? {} : { connection: 'keep-alive' };
const proxy = httpProxy.createProxyServer({ target: origin, agent: new http.Agent({ keepAlive: true }), headers });
proxy.on('error', (_error, _request, response) => {
  if (response instanceof http.ServerResponse && !response.headersSent) response.writeHead(502).end();
  else response.destroy();
});

const serve = (request, response) => proxy.web(request, response);
const server = tls === undefined ? http.createServer(serve) : https.createServer(tls, serve);
server.keepAliveTimeout = KEEP_ALIVE_MS;
server.on('upgrade', (request, socket, head) => proxy.ws(request, socket, head));
server.listen({ port: setting.port, host: '127.0.0.1', backlog: 4096 });
