/** The command `fairlead`. */
import { AppError } from '../errors.js';
import { realInstallPorts } from '../install/read.js';
import { command } from './command.js';
import { processTerminal } from './terminal.js';

const terminal = processTerminal();
try {
  const loadApi = () => import('../index.js');
  process.exitCode = await command(process.argv.slice(2), loadApi, realInstallPorts(process.env), terminal);
} catch (thrown) {
  const text = thrown instanceof AppError ? thrown.message : thrown instanceof Error ? thrown.stack : String(thrown);
  terminal.tell(`fairlead: ${text ?? 'failed'}`);
  process.exitCode = 1;
}
