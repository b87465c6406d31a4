/** Reads configuration from environment variables, written as Traefik's: `TRAEFIK_ENTRYPOINTS_WEB_ADDRESS=:80`. */
import { type Diagnostic, diagnose } from '../diagnostics/diagnostic.js';
import { Entries, lookUp, splitKey } from './entries.js';
import type { Settings } from './flags.js';
import type { Origin } from './origin.js';
import type { Shape } from './shape.js';

/** Later prefixes win over earlier ones. */
const prefixes = ['TRAEFIK_', 'FAIRLEAD_'] as const;

/** Variables that Kubernetes and Docker set for a linked service which happens to be called traefik-api or the like. */
const linkedService = /_(SERVICE_(HOST|PORT)(_\w+)?|PORT(_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?|NAME|ENV_\w+)$/;

/**
 * Reads `TRAEFIK_*` and `FAIRLEAD_*`. Only variables whose second part is a root key of `root` are meant for us; the
 * others, such as `FAIRLEAD_NATIVE_PATH`, are left alone. Names are lower-cased, as they cannot be written otherwise.
 */
export function parseEnvironment(environment: Readonly<Record<string, string | undefined>>, root: Shape): Settings {
  const entries = new Entries({ kind: 'object', owner: 'environment' });
  const diagnostics: Diagnostic[] = [];
  for (const prefix of prefixes) {
    for (const variable of Object.keys(environment).sort()) {
      const value = environment[variable];
      if (value === undefined || !variable.toUpperCase().startsWith(prefix)) continue;
      const parts = splitKey(variable.slice(prefix.length).toLowerCase(), '_');
      if (parts === undefined || !isRootKey(parts[0] ?? '', root)) continue;
      const { path, shape } = lookUp(parts, root);
      const origin: Origin = { kind: 'environment', variable };
      if (shape === undefined && linkedService.test(variable.toUpperCase())) diagnostics.push(linked(variable, origin));
      else entries.set(path, value, origin);
    }
  }
  return entries.isEmpty ? { diagnostics } : { document: entries.document(), diagnostics };
}

function isRootKey(name: string, root: Shape): boolean {
  return root.kind === 'object' && root.members.has(name);
}

function linked(variable: string, origin: Origin): Diagnostic {
  const message = `"${variable}" looks like the address of a linked service and is ignored`;
  return diagnose('FL1016', { message, path: '', origin });
}
