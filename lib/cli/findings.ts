/** Shows the findings about a configuration. */
import { type Diagnostic, hasErrors } from '../diagnostics/diagnostic.js';
import { placeOf, renderDiagnostics, sortDiagnostics, summarise } from '../diagnostics/render.js';
import type { Logger } from '../log.js';
import { type ExitCode, exitCodes, type Terminal } from './terminal.js';

/** Tells every finding and their number; says nothing when there are none. */
export function tellFindings(diagnostics: readonly Diagnostic[], terminal: Terminal): void {
  // A cause explains more than its consequences do.
  const first = diagnostics.find(({ code }) => code !== 'FL3013') ?? diagnostics[0];
  if (first === undefined) return;
  terminal.tell(renderDiagnostics(diagnostics, { color: terminal.color }));
  terminal.tell(`${summarise(diagnostics)}; "fairlead help ${first.code}" explains a code`);
}

/** Writes one line per finding to the log. */
export function logFindings(diagnostics: readonly Diagnostic[], log: Logger): void {
  for (const { severity, code, message, path, origin, effect } of sortDiagnostics(diagnostics)) {
    const facts = { code, path, place: placeOf(origin), ...(effect !== undefined && { effect }) };
    if (severity === 'error') log.error(message, facts);
    else if (severity === 'warning') log.warn(message, facts);
    else log.info(message, facts);
  }
}

/** The exit code for findings: a mistake in the flags is a mistake in the command line. */
export function exitCodeFor(diagnostics: readonly Diagnostic[]): ExitCode {
  if (!hasErrors(diagnostics)) return exitCodes.ok;
  const misused = diagnostics.some(
    ({ code, origin }) => code === 'FL1013' || (code === 'FL2001' && origin.kind === 'flag'),
  );
  return misused ? exitCodes.usage : exitCodes.error;
}

/** Tells the findings that keep a command from its work; returns its exit code. */
export function refuse(diagnostics: readonly Diagnostic[], terminal: Terminal): ExitCode {
  tellFindings(diagnostics, terminal);
  return exitCodeFor(diagnostics);
}
