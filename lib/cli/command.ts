/** Runs one command line. */
import type { InstallPorts } from '../install/read.js';
import type { Api } from './api.js';
import { checkCommand } from './check.js';
import { parseCommandLine } from './command-line.js';
import { explainCommand } from './explain.js';
import { healthcheckCommand } from './healthcheck.js';
import { helpCommand } from './help.js';
import { planCommand } from './plan.js';
import { runCommand } from './run.js';
import { testCommand } from './test.js';
import { type ExitCode, exitCodes, type Terminal } from './terminal.js';
import { versionCommand } from './version.js';
import { whyCommand } from './why.js';

/** Loads the API only when a command needs it, so that `help` and `version` work where the addon cannot be loaded. */
export type LoadApi = () => Promise<Api>;

/** Does what `args` ask for; resolves to the exit code. */
export async function command(
  args: readonly string[],
  loadApi: LoadApi,
  ports: InstallPorts,
  terminal: Terminal,
): Promise<ExitCode> {
  const line = parseCommandLine(args);
  if ('fault' in line) {
    terminal.tell(`fairlead: ${line.fault}\n"fairlead help" lists the commands.`);
    return exitCodes.usage;
  }
  switch (line.verb) {
    case 'help':
      return helpCommand(line.words[0], line.json, terminal);
    case 'version':
      return versionCommand(line.json, terminal);
    case 'healthcheck':
      return healthcheckCommand(line.flags, ports, terminal);
    case 'check':
      return checkCommand(line, await loadApi(), ports, terminal);
    case 'explain':
      return explainCommand(line, loadApi, ports, terminal);
    case 'plan':
      return planCommand(line, loadApi, ports, terminal);
    case 'test':
      return testCommand(line, loadApi, ports, terminal);
    case 'why':
      return whyCommand(line, ports, terminal);
    case 'run':
      return runCommand(line.flags, await loadApi(), ports, terminal);
  }
}
