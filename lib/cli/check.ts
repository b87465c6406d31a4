/** `fairlead check`: the whole way of a configuration, without opening anything. */
import { hasErrors } from '../diagnostics/diagnostic.js';
import { diagnosticToJson, sortDiagnostics, summarise } from '../diagnostics/render.js';
import { type InstallPorts, readInstall } from '../install/read.js';
import type { Api, Checked } from './api.js';
import { exitCodeFor, tellFindings } from './findings.js';
import type { ExitCode, Terminal } from './terminal.js';

/** What `fairlead check` may be told beside the configuration. */
export interface CheckOptions {
  readonly flags: readonly string[];
  readonly json: boolean;
}

/** Version of the shape that `--json` prints. */
const jsonVersion = 1;

/** Runs `fairlead check`: prints every finding and what would be served; 0 when there is no error, else 1. */
export async function checkCommand(
  options: CheckOptions,
  api: Pick<Api, 'check'>,
  ports: InstallPorts,
  terminal: Terminal,
): Promise<ExitCode> {
  const install = await readInstall(options.flags, ports);
  const checked = await api.check(install).catch((thrown: unknown) => {
    // Without the addon nothing can be compiled, but what was found up to there is worth knowing.
    tellFindings(install.diagnostics, terminal);
    throw thrown;
  });
  if (options.json) terminal.print(asJson(checked, install.file));
  else tell(checked, install.file, terminal);
  return exitCodeFor(checked.diagnostics);
}

function asJson({ diagnostics, summary }: Checked, file: string | undefined): string {
  const findings = sortDiagnostics(diagnostics).map(diagnosticToJson);
  return JSON.stringify(
    { version: jsonVersion, ok: !hasErrors(diagnostics), file, summary, diagnostics: findings },
    undefined,
    2,
  );
}

function tell({ diagnostics, summary }: Checked, file: string | undefined, terminal: Terminal): void {
  tellFindings(diagnostics, terminal);
  const parts = Object.entries(summary).map(([name, count]) => counted(name, count));
  const subject = file ?? 'the configuration';
  const verdict = hasErrors(diagnostics)
    ? 'has errors'
    : diagnostics.length === 0
      ? 'is well'
      : `is usable (${summarise(diagnostics)})`;
  terminal.tell(`${subject} ${verdict}${parts.length === 0 ? '' : `: ${parts.join(', ')}`}`);
}

/** `3 entry points`, `1 router`: the keys of the summary are plural and in camel case. */
function counted(name: string, count: number): string {
  const words = name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  return `${count} ${count === 1 ? words.replace(/s$/, '') : words}`;
}
