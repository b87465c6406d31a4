/** Clients that ask without a pause and keep account of every answer. */
import { Client, request } from './client.js';
import { Ended } from './byte-reader.js';

export interface LoadOptions {
  /** Clients that keep their connection for as long as the server does. */
  readonly keeping?: number;
  /** Clients that take a new connection for every request. */
  readonly fresh?: number;
  /** A connection that is refused ends its client; otherwise it is a failure. */
  readonly mayRefuse?: boolean;
}

/** Steady load; ends with `stop`, or by itself once all of its clients are refused. */
export class Load implements AsyncDisposable {
  answered = 0;
  /** What went wrong; a request without its whole answer of status 200 did. */
  readonly failures: string[] = [];
  readonly #port: number;
  readonly #mayRefuse: boolean;
  readonly #clients: Promise<unknown>;
  #stopped = false;

  constructor(port: number, { keeping = 4, fresh = 2, mayRefuse = false }: LoadOptions = {}) {
    this.#port = port;
    this.#mayRefuse = mayRefuse;
    const clients = (count: number, keeps: boolean) => Array.from({ length: count }, () => this.#client(keeps));
    this.#clients = Promise.all([...clients(keeping, true), ...clients(fresh, false)]);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.ended();
  }

  /** Resolves when no client asks any more. */
  async ended(): Promise<void> {
    await this.#clients;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #client(keeps: boolean): Promise<void> {
    while (!this.#stopped) {
      let client: Client;
      try {
        client = await Client.connect(this.#port);
      } catch (thrown) {
        const refused = (thrown as NodeJS.ErrnoException).code === 'ECONNREFUSED';
        if (!refused || !this.#mayRefuse) this.failures.push(String(thrown));
        return;
      }
      await using connection = client;
      await this.#converse(connection, keeps);
    }
  }

  /** Asks until the server says that it closes. A connection that was closed while nothing was asked is not a failure. */
  async #converse(client: Client, keeps: boolean): Promise<void> {
    const bytes = request('GET /load', ...(keeps ? [] : ['Connection: close']));
    try {
      do {
        if (client.reader.ending === 'end') return;
        const response = await client.ask(bytes);
        if (response.status !== 200) this.failures.push(`status ${response.status}: ${response.text}`);
        this.answered++;
        if (response.header('Connection') === 'close') return;
      } while (keeps && !this.#stopped);
    } catch (thrown) {
      this.failures.push(thrown instanceof Ended ? `cut: ${thrown.message}` : String(thrown));
    }
  }
}
