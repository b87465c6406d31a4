/** Findings about a file as a whole, or a directory, are shown where the install configuration names it. */
import type { Diagnostic } from '../diagnostics/diagnostic.js';
import type { Origin } from '../source/origin.js';
import type { InstallResult } from './result.js';

/** The finding at the option that names what it is about; as it is when no option does, or when it has a line of its own. */
export function atProviderOption(found: Diagnostic, install: InstallResult): Diagnostic {
  const { filename, directory } = install.config.providers.file ?? {};
  const about = wholeOf(found.origin);
  if (about === undefined) return found;
  const option = directory === undefined ? 'filename' : 'directory';
  const isNamed = directory === undefined ? about === filename : isWithin(about, directory);
  if (!isNamed) return found;
  const origin = install.originOf(['providers', 'file', option]);
  return origin.kind === 'default' ? found : { ...found, origin };
}

/** The file or directory that the finding is about as a whole. */
function wholeOf(origin: Origin): string | undefined {
  if (origin.kind === 'object') return origin.owner;
  return origin.kind === 'text' && origin.source.text === '' ? origin.source.name : undefined;
}

const isWithin = (path: string, directory: string): boolean => {
  const root = directory.replace(/^\.\//, '').replace(/\/+$/, '');
  const own = path.replace(/^\.\//, '').replace(/\/+$/, '');
  return own === root || own.startsWith(`${root}/`);
};
