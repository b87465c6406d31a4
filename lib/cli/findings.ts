/** Shows the findings about a configuration. */
import { type Diagnostic, hasErrors } from '../diagnostics/diagnostic.js';
import { renderDiagnostics, summarise } from '../diagnostics/render.js';
import { type ExitCode, exitCodes, type Terminal } from './terminal.js';

/** Tells every finding and their number; says nothing when there are none. */
export function tellFindings(diagnostics: readonly Diagnostic[], terminal: Terminal): void {
  const [first] = diagnostics;
  if (first === undefined) return;
  terminal.tell(renderDiagnostics(diagnostics, { color: terminal.color }));
  terminal.tell(`${summarise(diagnostics)}; "fairlead help ${first.code}" explains a code`);
}

/** The exit code for findings: a mistake in the flags is a mistake in the command line. */
export function exitCodeFor(diagnostics: readonly Diagnostic[]): ExitCode {
  if (!hasErrors(diagnostics)) return exitCodes.ok;
  const misused = diagnostics.some(
    ({ code, origin }) => code === 'FL1013' || (code === 'FL2001' && origin.kind === 'flag'),
  );
  return misused ? exitCodes.usage : exitCodes.error;
}
