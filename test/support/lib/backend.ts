/** Backends for tests: small servers on free ports of the loopback interface. */
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A listening backend. */
export interface Backend extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly server: Server;
}

/** Serves with the given listener until it is disposed of. */
export async function backend(listener: RequestListener): Promise<Backend> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    server,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** What an echoing backend says about a request. */
export interface Echo {
  readonly name: string;
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
}

/** A backend that answers with what it was asked, under a name of its own. */
export const echoBackend = (name: string): Promise<Backend> =>
  backend(({ method = '', url = '', headers }, response) => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ name, method, url, headers } satisfies Echo));
  });
