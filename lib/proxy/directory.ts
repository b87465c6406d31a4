/** Reads configurations as if the process ran in another directory. */
import { isAbsolute, join } from 'node:path';
import type { InstallPorts } from '../install/read.js';
import type { Ports } from '../providers/define.js';

/** Both views of the outside world. */
export interface Outside {
  readonly install: InstallPorts;
  readonly providers: Ports;
}

/** The same, relative paths beginning in `directory`. */
export function inDirectory(directory: string | undefined, { install, providers }: Outside): Outside {
  if (directory === undefined) return { install, providers };
  const isWhole = providers.isWhole?.bind(providers);
  const at = (path: string): string => (isAbsolute(path) ? path : join(directory, path));
  return {
    install: { ...install, readText: (path, limit) => install.readText(at(path), limit) },
    providers: {
      ...providers,
      status: (path) => providers.status(at(path)),
      list: (path) => providers.list(at(path)),
      readText: (path, limit) => providers.readText(at(path), limit),
      ...(isWhole !== undefined && { isWhole: (path: string) => isWhole(at(path)) }),
      changes: (paths, signal) => providers.changes(() => paths().map(at), signal),
    },
  };
}
