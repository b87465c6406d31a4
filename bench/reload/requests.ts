/** A server, and requests at a steady rate, from threads of their own: what happens in this one delays none of them. */
import { Worker } from 'node:worker_threads';

const program = `
const { request, Agent } = require('node:http');
const { parentPort, workerData: { port } } = require('node:worker_threads');
const agent = new Agent({ keepAlive: true, maxSockets: 16 });
let times = [];
const timer = setInterval(() => {
  const began = performance.now();
  const sent = request({ port, host: '127.0.0.1', path: '/probe', agent }, (response) => {
    response.resume();
    response.once('end', () => times.push(performance.now() - began));
  });
  sent.once('error', () => times.push(Infinity));
  sent.end();
}, 2);
parentPort.on('message', () => {
  const sorted = times.sort((a, b) => a - b);
  parentPort.postMessage(sorted[Math.floor(sorted.length * 0.99)] ?? 0);
  times = [];
});
`;

const serving = `
const { createServer } = require('node:http');
const { parentPort } = require('node:worker_threads');
const server = createServer((_, response) => response.end('ok'));
server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));
`;

/** A server that answers everything; resolves to its port. */
export async function startServer(): Promise<number> {
  const worker = new Worker(serving, { eval: true });
  worker.unref();
  return new Promise((resolve) => worker.once('message', resolve));
}

export class Requests {
  readonly #worker: Worker;

  constructor(port: number) {
    this.#worker = new Worker(program, { eval: true, workerData: { port } });
    this.#worker.unref();
  }

  /** The 99th percentile of the latencies since the last call, in milliseconds. */
  async take(): Promise<number> {
    const answer = new Promise<number>((resolve) => this.#worker.once('message', resolve));
    this.#worker.postMessage('take');
    return answer;
  }

  stop(): void {
    void this.#worker.terminate();
  }
}
