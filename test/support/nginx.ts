/** A real nginx behind the proxy, in the foreground, in a folder of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { closedPort } from './backends.js';
import { until, within } from './deadline.js';
import { listens } from './listening.js';
import { TestFolder } from './proxy.js';

/** Where Debian has it, whether or not it is on the path. */
const command = 'nginx';
const paths = `${process.env['PATH'] ?? ''}:/usr/sbin:/usr/local/sbin`;

export class Nginx implements AsyncDisposable {
  readonly port: number;
  readonly folder: TestFolder;
  readonly #child: ChildProcess;
  #errors = '';

  private constructor(port: number, folder: TestFolder, child: ChildProcess) {
    this.port = port;
    this.folder = folder;
    this.#child = child;
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#errors += text;
    });
  }

  /** Serves the files of `<folder>/html`; `server` is what else stands in its server block, `http` around that. */
  static async start(server: string, http = ''): Promise<Nginx> {
    const folder = await TestFolder.create();
    const port = await closedPort();
    await mkdir(folder.file('html'));
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
      (kind) => `${kind}_temp_path ${folder.file(kind)};`,
    );
    const config = `
      ${process.getuid?.() === 0 ? 'user root;' : ''} daemon off; worker_processes 1; pid ${folder.file('nginx.pid')}; error_log stderr warn;
      events { worker_connections 256; }
      http {
        access_log off; default_type text/plain; ${temporary.join(' ')} ${http}
        server { listen 127.0.0.1:${port}; root ${folder.file('html')}; ${server} }
      }`;
    await folder.write('nginx.conf', config);
    const args = ['-p', folder.path, '-c', folder.file('nginx.conf')];
    const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, PATH: paths } });
    const nginx = new Nginx(port, folder, child);
    await until(() => nginx.#listens(), 'nginx listens');
    return nginx;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Replaces its workers, as a change of its configuration does: their idle connections are closed. */
  reload(): void {
    this.#child.kill('SIGHUP');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    await within(ended, 'nginx ends');
    await this.folder[Symbol.asyncDispose]();
  }

  async #listens(): Promise<boolean> {
    if (this.#child.exitCode !== null) throw new Error(`nginx did not start: ${this.#errors}`);
    return listens(this.port);
  }
}
