/** Reads configuration from command line flags, written as Traefik's: `--entryPoints.web.address=:80`. */
import { type Diagnostic, diagnose } from '../diagnostics/diagnostic.js';
import { Entries, lookUp, splitKey } from './entries.js';
import type { Document } from './origin.js';
import { isConfigurationFile } from './parse.js';
import type { Shape } from './shape.js';

/** What reading flags or variables gave. `document` is absent when there was nothing to read. */
export interface Settings {
  readonly document?: Document;
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Reads flags: `--a.b=value`, `--a.b value`, `-a.b=value`; a flag of a boolean or an object may stand alone; list flags
 * may be repeated, list elements are reached by `[0]`. Keys that `root` does not know are kept, for the decoder to report.
 */
export function parseFlags(args: readonly string[], root: Shape): Settings {
  const entries = new Entries({ kind: 'object', owner: 'command line' });
  const diagnostics: Diagnostic[] = [];
  for (let at = 0; at < args.length; at++) {
    const arg = args[at] ?? '';
    const match = /^--?([^=\s-][^=\s]*)(?:=([\s\S]*))?$/.exec(arg);
    const parts = splitKey(match?.[1] ?? '', '.');
    if (match === null || parts === undefined) {
      diagnostics.push(malformed(arg));
      continue;
    }
    const { path, shape } = lookUp(parts, root);
    const flag = `--${path.join('.').replace(/\.(\d+)(?=\.|$)/g, '[$1]')}`;
    let value = match[2];
    if (value === undefined && takesNext(args[at + 1], shape)) value = args[++at];
    entries.set(path, value ?? 'true', { kind: 'flag', flag }, shape?.kind === 'list');
  }
  return entries.isEmpty ? { diagnostics } : { document: entries.document(), diagnostics };
}

/** Whether a flag without "=" takes the next argument as its value. */
function takesNext(next: string | undefined, shape: Shape | undefined): boolean {
  if (next === undefined) return false;
  const standsAlone = shape?.kind === 'boolean' || shape?.kind === 'object' || shape?.kind === 'record';
  if (standsAlone || shape?.kind === 'any') return next === 'true' || next === 'false';
  return !next.startsWith('-') || /^-\d/.test(next);
}

function malformed(arg: string): Diagnostic {
  const name = arg.split('=', 1)[0] ?? '';
  const isFlag = name.startsWith('-');
  return diagnose('FL1013', {
    message: isFlag ? `"${name}" is not a flag` : `"${name}" is neither a flag nor the value of one`,
    path: '',
    origin: { kind: 'flag', flag: name },
    effect: 'Fairlead does not start',
    hint: isConfigurationFile(arg) ? `write --configFile=${arg}` : 'flags are written --key.of.option=value',
  });
}
