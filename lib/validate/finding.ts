/** Findings about objects of the model. */
import type { DiagnosticCode } from '../diagnostics/codes.js';
import { type Diagnostic, diagnose, type Severity } from '../diagnostics/diagnostic.js';
import type { Item } from '../merge/model.js';
import type { EntryPointSettings } from '../merge/settings.js';
import type { Path } from '../source/origin.js';

/** What a check knows besides the object. */
export interface Remark {
  readonly message: string;
  /** Below the object; the object itself when left out. */
  readonly at?: Path;
  readonly hint?: string | undefined;
  /** What it costs; for an error the loss of the object, when left out. */
  readonly effect?: string;
  readonly severity?: Severity;
}

/** A finding about `item`, at its place in the document. */
export function findingOn(item: Item<unknown>, code: DiagnosticCode, remark: Remark): Diagnostic {
  const path = [...item.path, ...(remark.at ?? [])];
  const origin = item.document.origin(path, remark.at === undefined ? 'key' : 'value');
  const { message, hint, severity } = remark;
  const found = diagnose(code, { message, path, origin, hint, severity, effect: remark.effect });
  return found.severity === 'error' && found.effect === undefined ? { ...found, effect: lossOf(item) } : found;
}

/** The finding at the place in the install configuration where the entry point says what its routers inherit. */
export function atEntryPoint(found: Diagnostic, entryPoint: EntryPointSettings | undefined, at: Path): Diagnostic {
  const origin = entryPoint?.place?.(['http', ...at]);
  return origin === undefined ? found : { ...found, origin };
}

/** What it means that an object is disabled. */
export function lossOf({ name, path }: Item<unknown>): string {
  switch (path[1]) {
    case 'routers':
      return `router "${name}" is disabled; everything else is served`;
    case 'certificates':
      return 'this certificate is left out; everything else is served';
    case 'options':
      return `TLS options "${name}" are disabled; handshakes for hosts that use them are refused`;
    case 'stores':
      return 'a generated certificate is the default one';
    default:
      return `"${name}" and the routers that use it are disabled; everything else is served`;
  }
}

/** The reason why a disabled object is disabled, for those who depend on it. */
export const reasonOfLoss = (item: Item<unknown>): string => item.errors[0] ?? 'it has errors';
