/** Finds and reads the install file. */
import { join } from 'node:path';
import { type Diagnostic, diagnose } from '../diagnostics/diagnostic.js';
import { reasonOf } from '../errors.js';
import { FileFault } from '../source/files.js';
import { maxTextLength } from '../source/limits.js';
import type { Origin, SourceText } from '../source/origin.js';

/** What the search needs of the outside world. */
export interface FilePorts {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly workingDirectory: string;
  /** The text of a file of at most `limit` bytes; throws `FileFault`. */
  readText(path: string, limit: number): Promise<string>;
}

/** The install file, or why there is none. */
export interface Found {
  readonly source?: SourceText;
  readonly diagnostics: readonly Diagnostic[];
}

/** Reads the file that `--configFile` names. That it is missing is an error, because it was asked for. */
export async function readNamed(path: string, named: Origin, ports: FilePorts): Promise<Found> {
  try {
    return { source: { name: path, text: await ports.readText(path, maxTextLength) }, diagnostics: [] };
  } catch (thrown) {
    const missing = thrown instanceof FileFault && thrown.isMissing;
    const message = missing ? `there is no file "${path}"` : `"${path}" cannot be read: ${reasonOf(thrown)}`;
    const finding = { message, path: 'configFile', origin: named, effect: 'Fairlead does not start' };
    return { diagnostics: [diagnose(missing ? 'FL1009' : 'FL1001', finding)] };
  }
}

/** Reads the first file of the search path that exists; nothing found is no error. */
export async function searchFile(ports: FilePorts): Promise<Found> {
  for (const path of searchPath(ports)) {
    try {
      return { source: { name: path, text: await ports.readText(path, maxTextLength) }, diagnostics: [] };
    } catch (thrown) {
      if (thrown instanceof FileFault && thrown.isMissing) continue;
      const message = `"${path}" cannot be read: ${reasonOf(thrown)}`;
      const origin: Origin = { kind: 'object', owner: path };
      return { diagnostics: [diagnose('FL1001', { message, path: '', origin, effect: 'Fairlead does not start' })] };
    }
  }
  return { diagnostics: [] };
}

const endings = ['.toml', '.yaml', '.yml'] as const;

/** Where the install file is looked for, in order: Traefik's places, and in each our own name before Traefik's. */
export function searchPath({ environment, workingDirectory }: Omit<FilePorts, 'readText'>): string[] {
  const { XDG_CONFIG_HOME: xdg, HOME: home } = environment;
  const bases = [
    ['/etc/fairlead', ['fairlead']],
    ['/etc/traefik', ['fairlead', 'traefik']],
    [xdg, ['fairlead', 'traefik']],
    [home === undefined || home === '' ? undefined : join(home, '.config'), ['fairlead', 'traefik']],
    [workingDirectory, ['fairlead', 'traefik']],
  ] as const;
  return bases.flatMap(([folder, names]) =>
    folder === undefined || folder === ''
      ? []
      : names.flatMap((name) => endings.map((ending) => join(folder, `${name}${ending}`))),
  );
}
