import type { Origin, Path } from '../source/origin.js';
import { formatPath } from '../source/path.js';
import { codes, type DiagnosticCode } from './codes.js';

/** How much a finding costs: an error disables something, a warning disables nothing, a notice is for information. */
export type Severity = 'error' | 'warning' | 'notice';

/** One finding about the configuration, written for the person who can mend it. */
export interface Diagnostic {
  /** Stable across releases; `fairlead help CODE` and the reference page explain it. */
  readonly code: DiagnosticCode;
  readonly severity: Severity;
  /** One sentence without a final period; names keys in double quotes. Never holds a secret. */
  readonly message: string;
  /** Dotted path of the value, such as `http.routers.api.rule`. */
  readonly path: string;
  readonly origin: Origin;
  /** What to write instead ("did you mean …"). */
  readonly hint?: string;
  /** What still serves and what does not, because of this finding. */
  readonly effect?: string;
  /** The message in the admin API, where Traefik words it otherwise and programs may look for its words. */
  readonly apiMessage?: string;
}

/** What the place that reports a finding knows about it; the table of codes knows the rest. */
export interface Finding {
  readonly message: string;
  readonly path: Path | string;
  readonly origin: Origin;
  readonly hint?: string | undefined;
  readonly effect?: string | undefined;
  /** Overrides the severity of the table. */
  readonly severity?: Severity | undefined;
}

/** Makes a diagnostic of a finding: the severity comes from the table of codes unless given. */
export function diagnose(code: DiagnosticCode, finding: Finding): Diagnostic {
  return {
    code,
    severity: finding.severity ?? codes[code].severity,
    message: finding.message,
    path: typeof finding.path === 'string' ? finding.path : formatPath(finding.path),
    origin: finding.origin,
    ...(finding.hint !== undefined && { hint: finding.hint }),
    ...(finding.effect !== undefined && { effect: finding.effect }),
  };
}

/** Whether any of the findings is an error. */
export function hasErrors(diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.some(({ severity }) => severity === 'error');
}
