/** The install configuration with what follows from it, made once: it does not change while a proxy runs. */
import { settingsOf } from '../compile/settings.js';
import type { InstallConfiguration } from '../install/schema.js';
import type { InstallResult } from '../install/result.js';
import type { Settings } from '../merge/settings.js';
import type { Ports } from '../providers/define.js';
import { ReferencedFiles } from '../providers/load.js';
import type { FileRead } from '../schema/loaded.js';

/** The install configuration, and what the pipeline needs to know of it. */
export interface Installation {
  readonly install: InstallResult;
  readonly settings: Settings;
}

/** Reads the files that the install configuration names. */
export async function installationOf(install: InstallResult, ports: Ports): Promise<Installation> {
  const document = { value: install.config, origin: install.originOf.bind(install) };
  const files = await authorities(install.config, ports);
  return { install, settings: { ...settingsOf(install.config, document, install.udpEntryPoints), files } };
}

/** The certificate authorities of the default transport. What cannot be read is a finding of `validate`. */
async function authorities(
  { serversTransport }: InstallConfiguration,
  ports: Ports,
): Promise<ReadonlyMap<string, FileRead>> {
  const referenced = new ReferencedFiles(ports);
  const paths = serversTransport.rootCAs.filter((path) => !path.includes('-----BEGIN '));
  return new Map(await Promise.all(paths.map(async (path) => [path, await referenced.read(path)] as const)));
}
