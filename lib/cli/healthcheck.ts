/** `fairlead healthcheck`: asks a running Fairlead on this machine whether it is well. */
import { request } from 'node:http';
import { hasErrors } from '../diagnostics/diagnostic.js';
import { reasonOf } from '../errors.js';
import { formatAddress } from '../install/check.js';
import { type InstallPorts, readInstall } from '../install/read.js';
import { refuse } from './findings.js';
import { onThisMachine } from './running.js';
import { type ExitCode, exitCodes, type Terminal } from './terminal.js';

/** As Traefik's: a container runtime asks every few seconds and must not pile up askers. */
const patience = 5000;

/** The status of a HEAD request to `url`; rejects when there is no answer in time. */
export function headStatus(url: string, milliseconds: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const asking = request(
      url,
      { method: 'HEAD', signal: AbortSignal.timeout(milliseconds), agent: false },
      (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      },
    );
    asking.on('error', (cause) =>
      reject(cause.name === 'AbortError' ? new Error(`no answer in ${milliseconds} ms`) : cause),
    );
    asking.end();
  });
}

/** Runs `fairlead healthcheck`: asks `/ping` of the configured entry point; 0 when it answers 200, else 1. */
export async function healthcheckCommand(
  flags: readonly string[],
  ports: InstallPorts,
  terminal: Terminal,
): Promise<ExitCode> {
  const { config, diagnostics } = await readInstall(flags, ports);
  if (hasErrors(diagnostics)) return refuse(diagnostics, terminal);
  const address = config.ping === undefined ? undefined : config.entryPoints[config.ping.entryPoint]?.address;
  if (address === undefined) {
    terminal.tell('fairlead: ping is not enabled; add "ping: {}" to the install configuration');
    return exitCodes.error;
  }
  return ask(`http://${formatAddress(onThisMachine(address))}/ping`, terminal);
}

async function ask(url: string, terminal: Terminal): Promise<ExitCode> {
  try {
    const status = await headStatus(url, patience);
    if (status === 200) terminal.print(`OK: ${url}`);
    else terminal.tell(`fairlead: ${url} answers ${status}`);
    return status === 200 ? exitCodes.ok : exitCodes.error;
  } catch (thrown) {
    terminal.tell(`fairlead: ${url} cannot be asked: ${reasonOf(thrown)}`);
    return exitCodes.error;
  }
}
