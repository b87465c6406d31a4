/** A server whose health the test switches. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TestCertificate } from './certificates.js';

/** Answers a request for `/health`. */
export type HealthAnswer = (request: IncomingMessage, response: ServerResponse) => void;

const status =
  (code: number): HealthAnswer =>
  (_request, response) =>
    void response.writeHead(code).end();

/** Answers everything but `/health` with its name and the status that the test has set. */
export class SwitchableBackend implements AsyncDisposable {
  readonly name: string;
  readonly #server: Server;
  readonly #isSecure: boolean;
  /** How it answers checks. */
  health: HealthAnswer = status(200);
  /** How it answers everything else. */
  status = 200;
  readonly checks: IncomingMessage[] = [];
  requests = 0;
  port = 0;

  private constructor(name: string, certificate: TestCertificate | undefined) {
    this.name = name;
    this.#isSecure = certificate !== undefined;
    const answer = (request: IncomingMessage, response: ServerResponse): void => this.#answer(request, response);
    this.#server =
      certificate === undefined
        ? createServer(answer)
        : createHttpsServer({ cert: certificate.certificate, key: certificate.key }, answer);
  }

  /** Speaks https when it has a certificate. */
  static async start(name: string, certificate?: TestCertificate): Promise<SwitchableBackend> {
    const backend = new SwitchableBackend(name, certificate);
    await backend.listen();
    return backend;
  }

  get url(): string {
    return `${this.#isSecure ? 'https' : 'http'}://127.0.0.1:${this.port}`;
  }

  /** Answers checks with this status from now on. */
  turn(code: number): void {
    this.health = status(code);
  }

  /** Listens, at the port where it did before. */
  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(this.port, '127.0.0.1', resolve));
    this.port = (this.#server.address() as AddressInfo).port;
  }

  /** Refuses connections from now on. */
  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    if (request.url?.startsWith('/health') === true) {
      this.checks.push(request);
      this.health(request, response);
      return;
    }
    this.requests += 1;
    response.writeHead(this.status).end(this.name);
  }
}
