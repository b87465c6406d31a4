// Says hello over a WebSocket through the proxy and prints the echo.
import { randomBytes } from 'node:crypto';
import { request } from 'node:http';

const text = Buffer.from(process.argv[2] ?? 'hello');
const mask = randomBytes(4);

const handshake = request({
  host: '127.0.0.1',
  port: 8080,
  headers: {
    Host: 'chat.localhost:8080',
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': randomBytes(16).toString('base64'),
  },
});
handshake.on('error', (error) => console.error(error.message));
handshake.on('response', (response) => console.error(`no WebSocket: ${response.statusCode}`));
handshake.on('upgrade', (_response, socket) => {
  const masked = text.map((byte, index) => byte ^ mask[index % 4]);
  socket.write(Buffer.concat([Buffer.from([0x81, 0x80 | text.length]), mask, masked]));
  socket.once('data', (frame) => {
    console.log(`echo: ${frame.subarray(2).toString()}`);
    socket.end();
  });
});
handshake.end();
