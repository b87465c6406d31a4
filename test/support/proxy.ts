/** Proxies for tests: on a free port of the loopback interface, gone at the end of the block. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createProxy,
  type DynamicConfig,
  type Logger,
  type MiddlewareInput,
  type Proxy,
  type ProxyConfig,
} from '../../lib/index.js';
import { until } from './deadline.js';
import { Client, type ClientOptions, type RawResponse } from './client.js';

/** A proxy that runs, and ways to talk to it. */
export class TestProxy implements AsyncDisposable {
  readonly proxy: Proxy;
  constructor(proxy: Proxy) {
    this.proxy = proxy;
  }

  port(entryPoint = 'web'): number {
    const address = this.proxy.addresses[entryPoint];
    if (address === undefined) throw new Error(`no entry point ${entryPoint}`);
    return address.port;
  }

  url(path = '/', entryPoint = 'web'): string {
    return `http://127.0.0.1:${this.port(entryPoint)}${path}`;
  }

  connect(options: ClientOptions & { readonly entryPoint?: string } = {}): Promise<Client> {
    return Client.connect(this.port(options.entryPoint), options);
  }

  /** One request on a connection of its own. */
  async ask(bytes: string | Uint8Array, method?: string): Promise<RawResponse> {
    await using client = await this.connect();
    return await client.ask(bytes, method);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.proxy.close({ drain: 0 });
  }
}

const web = { address: '127.0.0.1:0' };

/** Starts a proxy with one entry point `web` and one worker, unless told otherwise. */
export async function startProxy(config: ProxyConfig, logger?: Logger): Promise<TestProxy> {
  const withDefaults = { entryPoints: { web }, ...config, fairlead: { workers: 1, ...asObject(config.fairlead) } };
  const proxy = await createProxy(withDefaults, logger === undefined ? {} : { logger });
  const wrong = proxy.diagnostics.filter(({ severity }) => severity === 'error');
  if (wrong.length === 0) return new TestProxy(proxy);
  await proxy.close({ drain: 0 });
  throw new Error(wrong.map(({ code, message }) => `${code} ${message}`).join('\n'));
}

const asObject = (value: unknown): object => (typeof value === 'object' && value !== null ? value : {});

export interface RouteOptions {
  readonly rule?: string;
  /** Run in this order for every request. */
  readonly middlewares?: readonly MiddlewareInput[];
  readonly transport?: NonNullable<NonNullable<DynamicConfig['http']>['serversTransports']>[string];
  readonly passHostHeader?: boolean;
  readonly routerTimeouts?: Readonly<Record<string, string>>;
  readonly serviceTimeouts?: Readonly<Record<string, string>>;
}

/** One router for everything, in front of one service with these servers. */
export function everythingTo(urls: string | readonly string[], options: RouteOptions = {}): DynamicConfig {
  const { rule = 'PathPrefix(`/`)', middlewares = [], transport, passHostHeader } = options;
  const { routerTimeouts, serviceTimeouts } = options;
  const named = middlewares.map((middleware, index) => [`m${index}`, middleware] as const);
  const servers = (typeof urls === 'string' ? [urls] : urls).map((url) => ({ url }));
  return {
    http: {
      routers: {
        all: {
          rule,
          service: 'app',
          middlewares: named.map(([name]) => name),
          ...(routerTimeouts !== undefined && { timeouts: routerTimeouts }),
        },
      },
      services: {
        app: {
          loadBalancer: {
            servers,
            ...(passHostHeader !== undefined && { passHostHeader }),
            ...(serviceTimeouts !== undefined && { timeouts: serviceTimeouts }),
            ...(transport !== undefined && { serversTransport: 'mine' }),
          },
        },
      },
      middlewares: Object.fromEntries(named),
      ...(transport !== undefined && { serversTransports: { mine: transport } }),
    },
  };
}

/** A folder of its own for one test. */
export class TestFolder implements AsyncDisposable {
  readonly path: string;
  private constructor(path: string) {
    this.path = path;
  }
  static async create(): Promise<TestFolder> {
    return new TestFolder(await mkdtemp(join(tmpdir(), 'fairlead-test-')));
  }
  file(name: string): string {
    return join(this.path, name);
  }
  /** Writes text, or a value as JSON (which is YAML). */
  async write(name: string, content: unknown): Promise<string> {
    const path = this.file(name);
    await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
    return path;
  }
  /** The lines of a file that somebody else writes, once there are so many. */
  async lines(name: string, count = 1): Promise<readonly string[]> {
    return until(async () => {
      const lines = (await readFile(this.file(name), 'utf8')).split('\n').slice(0, -1);
      return lines.length >= count && lines;
    }, `${name} has ${count} lines`);
  }
  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
  }
}
