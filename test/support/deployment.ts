/** A proxy whose configuration lies in files, changed as deployments change it: written aside, then moved into place. */
import { rename, utimes, writeFile } from 'node:fs/promises';
import { createProxy, type Proxy, type ProxyConfig, type ProxyEvents } from '../../lib/index.js';
import { within } from './deadline.js';
import { TestFolder, TestProxy } from './proxy.js';

/** Longer ago than a file has to be left alone to count as complete. Milliseconds. */
const settled = 10_000;

/** Replaces a file at once and whole; dates it back, so that nobody waits for more of it. */
export async function replaceFile(path: string, content: unknown): Promise<void> {
  const aside = `${path}.new`;
  const date = new Date(Date.now() - settled);
  await writeFile(aside, typeof content === 'string' ? content : JSON.stringify(content));
  await utimes(aside, date, date);
  await rename(aside, path);
}

/** What the proxy tells next under this name. */
export function next<Name extends keyof ProxyEvents>(proxy: Proxy, name: Name): Promise<ProxyEvents[Name]> {
  const told = new Promise<ProxyEvents[Name]>((resolve) => {
    const off = proxy.on(name, (event) => {
      off();
      resolve(event);
    });
  });
  return within(told, `the proxy tells of "${name}"`);
}

export interface DeploymentOptions {
  readonly install?: ProxyConfig;
  /** Takes all files of the folder; otherwise only `dynamic.yml`. */
  readonly directory?: boolean;
}

const web = { address: '127.0.0.1:0' };

/** A running proxy with a folder of configuration files. */
export class Deployment extends TestProxy {
  readonly folder: TestFolder;

  constructor(proxy: Proxy, folder: TestFolder) {
    super(proxy);
    this.folder = folder;
  }

  /** Starts with these files: text, or values as JSON (which is YAML). */
  static async start(files: Readonly<Record<string, unknown>>, options: DeploymentOptions = {}): Promise<Deployment> {
    const folder = await TestFolder.create();
    for (const [name, content] of Object.entries(files)) await replaceFile(folder.file(name), content);
    const file = options.directory === true ? { directory: folder.path } : { filename: folder.file('dynamic.yml') };
    const proxy = await createProxy({
      entryPoints: { web },
      fairlead: { workers: 1 },
      ...options.install,
      providers: { file, providersThrottleDuration: '0s' },
    });
    return new Deployment(proxy, folder);
  }

  /** Replaces a file; resolves when a new generation serves. */
  async change(name: string, content: unknown): Promise<ProxyEvents['generation']> {
    const [told] = await Promise.all([next(this.proxy, 'generation'), replaceFile(this.folder.file(name), content)]);
    return told;
  }

  /** As `change`, for what makes no new generation: resolves to the findings about it. */
  async attempt(name: string, content: unknown): Promise<ProxyEvents['diagnostics']> {
    const [told] = await Promise.all([next(this.proxy, 'diagnostics'), replaceFile(this.folder.file(name), content)]);
    return told;
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    await super[Symbol.asyncDispose]();
    await this.folder[Symbol.asyncDispose]();
  }
}
