// A server behind the soaked proxy: node upstream.mjs NAME PORT. Says "ready" once it listens; is killed without warning.
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocketServer } from 'ws';

const [name, port] = process.argv.slice(2);

/** The largest body that is asked for, sliced for smaller ones. */
const pattern = Buffer.alloc(8 * 1024 * 1024, 'abcdefghijklmnopqrstuvwxyz');
const text = Buffer.alloc(256 * 1024, 'The quick brown fox jumps over the lazy dog, and over the next one too.\n');

const answers = {
  bytes: (response, length) => response.end(pattern.subarray(0, length)),
  text(response, length) {
    response.setHeader('content-type', 'text/plain');
    response.end(text.subarray(0, length));
  },
  async chunked(response, length) {
    const piece = Math.ceil(length / 5);
    for (let sent = 0; sent < length && !response.destroyed; sent += piece) {
      response.write(pattern.subarray(sent, Math.min(sent + piece, length)));
      await sleep(5);
    }
    response.end();
  },
  async slow(response, milliseconds) {
    await sleep(milliseconds);
    response.end('late');
  },
};

function authenticate(request, response) {
  const isGood = request.headers['x-token'] === 'good';
  response.writeHead(isGood ? 200 : 401, isGood ? { 'x-user': 'soak' } : {}).end();
}

async function summarise(request, response) {
  const hash = createHash('md5');
  let length = 0;
  for await (const chunk of request) {
    hash.update(chunk);
    length += chunk.length;
  }
  response.end(JSON.stringify({ length, md5: hash.digest('hex') }));
}

async function answer(request, response) {
  const [, kind = '', argument = '0'] = new URL(request.url, 'http://upstream').pathname.split('/');
  response.setHeader('x-upstream', name);
  // Every answer carries the tag of its request, so that one delivered to another client is noticed.
  if (request.headers['x-tag'] !== undefined) response.setHeader('x-tag', request.headers['x-tag']);
  if (kind === 'auth') return authenticate(request, response);
  if (request.headers['x-user'] !== undefined) response.setHeader('x-user', request.headers['x-user']);
  if (request.method === 'POST') return summarise(request, response);
  const respond = answers[kind];
  if (respond === undefined) return response.writeHead(404).end();
  return respond(response, Number(argument));
}

// Longer than the proxy keeps idle connections, so that it never picks one that is about to close.
const server = createServer({ keepAliveTimeout: 600_000, requestTimeout: 0 }, (request, response) => {
  // A request that ends early is the traffic's intention, or a kill; both are counted on the other side.
  answer(request, response).catch(() => response.destroy());
});
const sockets = new WebSocketServer({ server, perMessageDeflate: false });
sockets.on('connection', (socket) => {
  socket.on('error', () => socket.terminate());
  socket.on('message', (message) => socket.send(message));
});
server.listen(Number(port), '127.0.0.1', () => process.stdout.write('ready\n'));
