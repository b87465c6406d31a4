/** `fairlead version`. */
import { packageVersion } from '../package.js';
import { type ExitCode, exitCodes, type Terminal } from './terminal.js';

/** Prints the version of Fairlead, of Node and of the platform. */
export function versionCommand(json: boolean, terminal: Terminal): ExitCode {
  const { platform, arch, versions } = process;
  const facts = { version: packageVersion(), node: versions.node, platform, arch };
  const line = `fairlead ${facts.version} (Node ${facts.node}, ${platform} ${arch})`;
  terminal.print(json ? JSON.stringify(facts, undefined, 2) : line);
  return exitCodes.ok;
}
