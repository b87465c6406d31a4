/** `fairlead version`. */
import { readFileSync } from 'node:fs';
import { AppError } from '../errors.js';
import { type ExitCode, exitCodes, type Terminal } from './terminal.js';

/** Folders above this file that are searched for package.json: two in the sources, three in the build. */
const searched = ['../../', '../../../'];

/** The version in package.json. */
export function packageVersion(): string {
  for (const folder of searched) {
    const found = readVersion(new URL(`${folder}package.json`, import.meta.url));
    if (found !== undefined) return found;
  }
  throw new AppError('ERR_FAIRLEAD_INTERNAL', 'the package.json of fairlead is missing');
}

function readVersion(file: URL): string | undefined {
  try {
    const { name, version } = JSON.parse(readFileSync(file, 'utf8')) as { name?: unknown; version?: unknown };
    return name === 'fairlead' && typeof version === 'string' ? version : undefined;
  } catch {
    return undefined;
  }
}

export function versionCommand(json: boolean, terminal: Terminal): ExitCode {
  const facts = {
    version: packageVersion(),
    node: process.versions.node,
    platform: process.platform,
    arch: process.arch,
  };
  const line = `fairlead ${facts.version} (Node ${facts.node}, ${facts.platform} ${facts.arch})`;
  terminal.print(json ? JSON.stringify(facts, undefined, 2) : line);
  return exitCodes.ok;
}
