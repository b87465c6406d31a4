/**
 * The admin API as a server of its own on a private unix socket. The data plane forwards `api@internal` to it like to any
 * other server, so that middlewares, access log and limits apply, and no request crosses the border in another way.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AppError, reasonOf } from '../errors.js';
import { type Answer, failure, respond } from './answer.js';
import type { AdminState } from './state.js';

/** A listening admin server. */
export interface AdminServer {
  /** Path of the socket. */
  readonly socket: string;
  /** Ends at once and removes the socket. Idempotent. */
  close(): Promise<void>;
}

/** The longest path a socket may have on Linux is 107 bytes. */
const longestSocketPath = 107;
/** Longer than the data plane keeps idle connections, so that it never picks one we are about to close. */
const keepAliveTimeout = 120_000;

/** Listens in a fresh directory that only this user may enter. `state` is undefined before anything serves. */
export async function startAdminServer(state: () => AdminState | undefined): Promise<AdminServer> {
  const directory = privateDirectory();
  const socket = join(directory, 'admin.sock');
  const removeDirectory = (): void => rmSync(directory, { recursive: true, force: true });
  const server = createServer({ keepAliveTimeout }, (request, response) => {
    request.resume();
    void guarded(request.method ?? '', request.url ?? '/', state).then(({ status, headers, body }) => {
      response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) });
      response.end(request.method === 'HEAD' ? undefined : body);
    });
  });
  try {
    await listening(server, socket);
  } catch (cause) {
    removeDirectory();
    throw new AppError('ERR_FAIRLEAD_INTERNAL', `the admin API cannot listen on ${socket}: ${reasonOf(cause)}`, {
      cause,
    });
  }
  // The proxy, not its admin API, decides how long the process lives.
  server.unref();
  process.on('exit', removeDirectory);
  return {
    socket,
    close: async () => {
      process.off('exit', removeDirectory);
      await closed(server);
      removeDirectory();
    },
  };
}

/** A mistake of ours costs one answer, never the process. */
async function guarded(method: string, target: string, state: () => AdminState | undefined): Promise<Answer> {
  try {
    const now = state();
    return now === undefined ? failure(503, 'no configuration serves yet') : await respond(method, target, now);
  } catch (cause) {
    return failure(500, reasonOf(cause));
  }
}

/** mkdtemp makes the directory with mode 0700. */
function privateDirectory(): string {
  const name = 'fairlead-';
  const base = join(tmpdir(), name).length + 'XXXXXX/admin.sock'.length <= longestSocketPath ? tmpdir() : '/tmp';
  return mkdtempSync(join(base, name));
}

function listening(server: Server, socket: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(socket, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
