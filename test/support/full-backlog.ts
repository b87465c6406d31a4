/** A server that cannot be connected to: its queue of connections is full, so the kernel drops every further SYN. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { Worker } from 'node:worker_threads';

/** Listens and then never returns to its event loop, so that nothing is ever accepted. */
const deaf = `
  const { parentPort } = require('node:worker_threads');
  const server = require('node:net').createServer();
  server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
    parentPort.postMessage(server.address().port);
    setImmediate(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0));
  });`;

export interface FullBacklog extends AsyncDisposable {
  readonly url: string;
}

export async function fullBacklog(): Promise<FullBacklog> {
  const worker = new Worker(deaf, { eval: true });
  const [port] = (await once(worker, 'message')) as [number];
  // The queue takes one more than it was told to.
  const fillers: readonly Socket[] = [connect(port, '127.0.0.1'), connect(port, '127.0.0.1')];
  await Promise.all(fillers.map((socket) => once(socket, 'connect')));
  return {
    url: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => {
      for (const socket of fillers) socket.on('error', () => undefined).destroy();
      await worker.terminate();
    },
  };
}
