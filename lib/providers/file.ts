import type { Delivery, Ports } from './define.js';
import { defineProvider } from './define.js';
import { FileSet } from './file-set.js';

/** `providers.file` of the install configuration. */
export interface FileProviderConfig {
  readonly filename?: string | undefined;
  /** Wins over `filename`. */
  readonly directory?: string | undefined;
  readonly watch: boolean;
}

/** The file provider (Traefik: providers.file): one file, or all of a directory. */
export const file = defineProvider<FileProviderConfig>({
  name: 'file',
  summary: 'Reads routing configuration from a file, or from all files of a directory.',

  async *deliveries(config: FileProviderConfig, ports: Ports, signal: AbortSignal): AsyncIterable<Delivery> {
    const files = new FileSet(config, ports);
    // Without paths only a refresh (SIGHUP) counts as a change.
    const watched = () => (config.watch ? files.watched : []);
    const changes = ports.changes(watched, signal)[Symbol.asyncIterator]();
    try {
      let delivery = await files.read('asked');
      while (!signal.aborted) {
        yield delivery;
        const change = await changes.next();
        if (change.done === true) return;
        delivery = await files.read(change.value);
      }
    } finally {
      await changes.return?.();
    }
  },
});
