/** A server that answers when the test lets it: who is at the server at once, and in which order, is then no matter of time. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { until } from './deadline.js';

interface Held {
  readonly tenant: string;
  readonly response: ServerResponse;
}

/** Requests are told apart by their header `X-Tenant`. */
export class HeldBackend implements AsyncDisposable {
  readonly server: Server;
  /** Tenants in the order in which their requests arrived. */
  readonly arrivals: string[] = [];
  /** Bodies, in the same order. */
  readonly bodies: string[] = [];
  /** The most requests that were here at once. */
  most = 0;
  /** Answers at once, from the next request on. */
  isOpen = false;
  port = 0;
  readonly #held: Held[] = [];

  private constructor() {
    this.server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => void this.#take(request, response));
  }

  static async start(): Promise<HeldBackend> {
    const backend = new HeldBackend();
    await new Promise<void>((resolve) => backend.server.listen(0, '127.0.0.1', resolve));
    backend.port = (backend.server.address() as AddressInfo).port;
    return backend;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }
  /** Requests that are here now. */
  get active(): number {
    return this.#held.length;
  }

  /** Resolves when exactly so many are here. */
  async holds(count: number): Promise<void> {
    await until(() => this.active === count, `the server has ${count} requests`);
  }

  /** Answers the one that has been here for longest, once there is one; its tenant. */
  async release(): Promise<string> {
    const first = await until(() => this.#held.shift(), 'the server has a request');
    first.response.end(first.tenant);
    return first.tenant;
  }
  async releaseAll(count: number): Promise<string> {
    let tenants = '';
    for (let i = 0; i < count; i++) tenants += (await this.release())[0] ?? '';
    return tenants;
  }
  /** Answers those that are here and everything that comes. */
  open(): void {
    this.isOpen = true;
    for (const { tenant, response } of this.#held.splice(0)) response.end(tenant);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    this.server.closeAllConnections();
    await closed;
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const held = { tenant: String(request.headers['x-tenant'] ?? '-'), response };
    this.arrivals.push(held.tenant);
    this.#held.push(held);
    this.most = Math.max(this.most, this.active);
    response.on('close', () => this.#forget(held));
    let body = '';
    try {
      for await (const piece of request) body += String(piece);
    } catch {
      return;
    }
    this.bodies.push(body);
    if (!this.isOpen) return;
    this.#forget(held);
    response.end(held.tenant);
  }

  #forget(held: Held): void {
    const index = this.#held.indexOf(held);
    if (index >= 0) this.#held.splice(index, 1);
  }
}
