/** Real servers that answer every request alike and tell which messages they saw: other eyes on what the proxy writes. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { type AddressInfo, type Socket } from 'node:net';
import { closedPort } from './backends.js';
import { until, within } from './deadline.js';
import { listens } from './listening.js';
import { TestFolder } from './proxy.js';

/** A message as a server understood it. */
export interface Seen {
  /** X-Request-Id; "-" when it had none or was not understood. */
  readonly id: string;
  readonly method: string;
  readonly target: string;
  readonly status: number;
  /** Bytes of its body, from servers that say so. */
  readonly size?: number;
}

export interface Origin extends AsyncDisposable {
  readonly name: string;
  readonly url: string;
  /** It answers when it has read the whole body. */
  readonly readsBodies: boolean;
  /** Ends the server; the messages it saw, in the order of their ends. */
  readonly stop: () => Promise<readonly Seen[]>;
}

/** One server program: where it is, its configuration, and how it logs `id|request line|status`. */
interface Program {
  readonly name: string;
  readonly command: string;
  readonly args: (configFile: string, folder: string) => readonly string[];
  readonly config: (port: number, folder: string) => string;
  readonly readsBodies: boolean;
}

/** The file of the folder that has the log, which may also be what the program prints. */
const logFile = 'access.log';

const asRoot = process.getuid?.() === 0;

/** Answers without reading bodies, which it discards afterwards. */
const nginx: Program = {
  name: 'nginx',
  readsBodies: false,
  command: 'nginx',
  args: (file, folder) => ['-p', folder, '-c', file],
  config: (port, folder) => `
    ${asRoot ? 'user root;' : ''} daemon off; worker_processes 1; pid ${folder}/pid; error_log stderr crit;
    events { worker_connections 256; }
    http {
      log_format seen '$http_x_request_id|$request|$status'; access_log ${folder}/${logFile} seen;
      ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path ${folder}/${kind};`).join(' ')}
      large_client_header_buffers 8 128k; client_max_body_size 0; ignore_invalid_headers off; underscores_in_headers on;
      keepalive_requests 10000000; merge_slashes off;
      server { listen 127.0.0.1:${port}; return 200 ok; }
    }`,
};

/** HAProxy writes some bytes as #XX, and # itself. */
const withoutHashes = (text: string): string =>
  text.replace(/#([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));

/**
 * Waits for bodies as far as its buffer goes, but answers as well when one is cut. Its threads do not wait for each other to
 * write a line of the log but drop theirs, hence only one.
 */
const haproxy: Program = {
  name: 'haproxy',
  readsBodies: false,
  command: 'haproxy',
  args: (file) => ['-db', '-f', file],
  config: (port) => `
global
  nbthread 1
  log stdout len 65535 format raw local0
  tune.bufsize 262144
  tune.http.maxhdr 400
  tune.http.logurilen 65535
defaults
  mode http
  timeout client 60s
frontend all
  bind 127.0.0.1:${port}
  log global
  option http-buffer-request
  option dontlognull
  http-request capture req.hdr(X-Request-Id) len 64
  log-format "%[capture.req.hdr(0)]|%r|%ST"
  http-request return status 200 content-type text/plain string ok
`,
};

/** Answers without reading bodies, which it discards afterwards. */
const apache: Program = {
  name: 'apache',
  readsBodies: false,
  command: 'apache2',
  args: (file) => ['-DFOREGROUND', '-f', file],
  config: (port, folder) => `
ServerRoot ${folder}
LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
LoadModule rewrite_module /usr/lib/apache2/modules/mod_rewrite.so
${asRoot ? 'User nobody\nGroup nogroup' : ''}
ServerName localhost
Listen 127.0.0.1:${port}
PidFile ${folder}/pid
ErrorLog ${folder}/error.log
LogLevel crit
MaxKeepAliveRequests 0
KeepAliveTimeout 60
LimitRequestLine 100000
LimitRequestFieldSize 100000
LimitRequestFields 400
AllowEncodedSlashes NoDecode
LogFormat "%{X-Request-Id}i|%r|%>s" seen
CustomLog ${folder}/${logFile} seen
ErrorDocument 200 ok
RewriteEngine On
RewriteRule ^ - [R=200,L]
`,
};

function seenIn(log: string): readonly Seen[] {
  return log.split('\n').flatMap((line) => {
    const [, id = '', request = '', status] = /^([^|]*)\|(.*)\|(\d+)$/s.exec(line) ?? [];
    if (status === undefined) return [];
    const [method = '', target = ''] = request.split(' ');
    return [{ id: id === '' ? '-' : id, method, target, status: Number(status) }];
  });
}

class ProgramOrigin implements Origin {
  readonly name: string;
  readonly url: string;
  readonly readsBodies: boolean;
  readonly #program: Program;
  readonly #folder: TestFolder;
  readonly #child: ChildProcess;
  #errors = '';

  private constructor(program: Program, port: number, folder: TestFolder, child: ChildProcess) {
    this.name = program.name;
    this.readsBodies = program.readsBodies;
    this.url = `http://127.0.0.1:${port}`;
    this.#program = program;
    this.#folder = folder;
    this.#child = child;
    child.stderr?.setEncoding('latin1').on('data', (text: string) => {
      this.#errors += text;
    });
  }

  static async start(program: Program): Promise<ProgramOrigin> {
    const folder = await TestFolder.create();
    const port = await closedPort();
    const file = await folder.write('server.conf', program.config(port, folder.path));
    const path = `${process.env['PATH'] ?? ''}:/usr/sbin:/usr/local/sbin`;
    // A file, because lines for which a pipe has no room are dropped.
    const printed = await open(folder.file(logFile), 'a');
    const child = spawn(program.command, [...program.args(file, folder.path)], {
      stdio: ['ignore', printed.fd, 'pipe'],
      env: { ...process.env, PATH: path },
    });
    await printed.close();
    const origin = new ProgramOrigin(program, port, folder, child);
    await until(() => {
      if (child.exitCode !== null) throw new Error(`${program.name} did not start: ${origin.#errors}`);
      return listens(port);
    }, `${program.name} listens`);
    return origin;
  }

  async stop(): Promise<readonly Seen[]> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const closed = once(this.#child, 'close');
      this.#child.kill('SIGTERM');
      await within(closed, `${this.name} ends`);
    }
    const log = await readFile(this.#folder.file(logFile), 'latin1');
    const isHashed = this.#program === haproxy;
    return seenIn(isHashed ? withoutHashes(log) : log);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#folder[Symbol.asyncDispose]();
  }
}

/** Node's server, in this process. */
async function startNode(): Promise<Origin> {
  const seen: Seen[] = [];
  const server = createServer({ maxHeaderSize: 256 * 1024, keepAliveTimeout: 60_000 }, (incoming, response) => {
    let size = 0;
    incoming.on('data', (piece: Buffer) => {
      size += piece.length;
    });
    incoming.on('error', () => undefined);
    incoming.on('end', () => {
      const { method = '', url = '', headers } = incoming;
      seen.push({ id: String(headers['x-request-id'] ?? '-'), method, target: url, status: 200, size });
      response.end('ok');
    });
  });
  server.maxHeadersCount = 400;
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    // Requests that the proxy cut are none.
    const isCut = error.code === 'ECONNRESET' || error.code === 'HPE_INVALID_EOF_STATE';
    if (!isCut) seen.push({ id: '-', method: '', target: error.code ?? '', status: 400 });
    if (isCut || !socket.writable) socket.destroy();
    else socket.end('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const stop = async (): Promise<readonly Seen[]> => {
    const closed = server.listening ? once(server, 'close') : Promise.resolve();
    server.close();
    server.closeAllConnections();
    await closed;
    return seen;
  };
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    name: 'node',
    url,
    readsBodies: true,
    stop,
    [Symbol.asyncDispose]: async () => {
      await stop();
    },
  };
}

/** How to start each of them. */
export const origins: readonly (readonly [name: string, start: () => Promise<Origin>])[] = [
  ['nginx', () => ProgramOrigin.start(nginx)],
  ['HAProxy', () => ProgramOrigin.start(haproxy)],
  ['Apache httpd', () => ProgramOrigin.start(apache)],
  ['Node', startNode],
];
