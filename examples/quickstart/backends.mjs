// Two small services to put a proxy in front of. Both tell what reached them; the second one echoes WebSocket messages.
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';

/** Starts both; resolves to a function that stops them. */
export async function startBackends() {
  const servers = [backend('app', 9001), backend('api', 9002)];
  servers[1].on('upgrade', echo);
  await Promise.all(servers.map((server) => listening(server)));
  return () => {
    for (const server of servers) {
      server.close();
      server.closeAllConnections();
    }
  };
}

function backend(name, port) {
  const server = createServer((request, response) => {
    const { host, 'x-greeting': greeting, 'x-forwarded-for': client, 'x-forwarded-proto': scheme } = request.headers;
    response.setHeader('content-type', 'application/json');
    response.end(`${JSON.stringify({ backend: name, path: request.url, host, greeting, client, scheme })}\n`);
  });
  return Object.assign(server, { port });
}

function listening(server) {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(server.port, '127.0.0.1', resolve);
  });
}

// The least of RFC 6455 that a demonstration needs: accept, send back short text frames, close.
function echo(request, socket) {
  const accept = createHash('sha1')
    .update(`${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
    .digest('base64');
  socket.write(
    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
      `Sec-WebSocket-Accept: ${accept}\r\n\r\n`,
  );
  socket.on('error', () => socket.destroy());
  socket.on('data', (frame) => answerFrame(socket, frame));
}

function answerFrame(socket, frame) {
  const closes = (frame[0] & 0x0f) === 8;
  const size = frame[1] & 0x7f;
  if (closes || size > 125 || frame.length < 6 + size) {
    socket.end(Buffer.from([0x88, 0]));
    return;
  }
  const mask = frame.subarray(2, 6);
  const text = Buffer.from(frame.subarray(6, 6 + size).map((byte, index) => byte ^ mask[index % 4]));
  socket.write(Buffer.concat([Buffer.from([0x81, size]), text]));
}
