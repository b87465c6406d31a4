/** `fairlead run`: serves traffic until it is told to stop. */
import { type Diagnostic, hasErrors } from '../diagnostics/diagnostic.js';
import { renderDiagnostics } from '../diagnostics/render.js';
import { AppError, ConfigError, reasonOf } from '../errors.js';
import { type InstallPorts, readInstall } from '../install/read.js';
import type { InstallResult } from '../install/result.js';
import { createLog, type Logger, type LogWriter } from '../log.js';
import { packageVersion } from '../package.js';
import type { Api, RunningProxy } from './api.js';
import { logFindings, refuse, tellFindings } from './findings.js';
import { type ExitCode, exitCodes, type Terminal } from './terminal.js';
import { urlTable } from './url-table.js';

export async function runCommand(
  flags: readonly string[],
  api: Pick<Api, 'createProxy'>,
  ports: InstallPorts,
  terminal: Terminal,
): Promise<ExitCode> {
  const install = await readInstall(flags, ports);
  if (hasErrors(install.diagnostics)) return refuse(install.diagnostics, terminal);
  const { level, format, filePath, noColor } = install.config.log;
  let log: LogWriter;
  try {
    log = createLog({ level, format, filePath, color: terminal.printsColor && !noColor }, (message) =>
      terminal.tell(`fairlead: ${message}`),
    );
  } catch (thrown) {
    return fail(thrown, terminal);
  }
  try {
    return await serve(install, api, log, terminal);
  } catch (thrown) {
    return fail(thrown, terminal);
  } finally {
    log.close();
  }
}

async function serve(
  install: InstallResult,
  api: Pick<Api, 'createProxy'>,
  log: LogWriter,
  terminal: Terminal,
): Promise<ExitCode> {
  // A stop that comes while starting must stop the start.
  const starting = new AbortController();
  const early = ['SIGINT', 'SIGTERM'] as const;
  const forget = early.map((signal) => terminal.onSignal(signal, () => starting.abort()));
  let proxy: RunningProxy;
  try {
    proxy = await api.createProxy(install, { logger: log, signal: starting.signal });
  } catch (thrown) {
    if (starting.signal.aborted) return exitCodes.ok;
    throw thrown;
  } finally {
    for (const off of forget) off();
  }
  const stopped = untilStopped(proxy, log, terminal);
  if (starting.signal.aborted) await proxy.close({ drain: 0 });
  else announce(install, proxy, log, terminal);
  return stopped;
}

function announce(install: InstallResult, proxy: RunningProxy, log: Logger, terminal: Terminal): void {
  watchFindings(install, proxy, log, terminal);
  terminal.tell(`fairlead ${packageVersion()} serves ${install.file ?? 'without a configuration file'}`);
  terminal.tell(urlTable(proxy.addresses));
  terminal.tell('Ctrl-C stops it.');
}

/** Tells the findings of now and, after each change of the configuration, those that have changed. */
function watchFindings({ config }: InstallResult, proxy: RunningProxy, log: Logger, terminal: Terminal): void {
  // On a terminal the log would only repeat what was just told.
  const logs = config.log.filePath !== undefined || config.log.format === 'json';
  let told = '';
  const tell = (findings: readonly Diagnostic[]): void => {
    const text = renderDiagnostics(findings, { limit: Number.POSITIVE_INFINITY });
    if (text === told) return;
    if (findings.length === 0) terminal.tell('Nothing is wrong with the configuration any more.');
    told = text;
    tellFindings(findings, terminal);
    if (logs) logFindings(findings, log);
  };
  tell(proxy.diagnostics);
  proxy.on('diagnostics', tell);
}

/** Answers signals until the proxy has ended: the first stop drains, the second one ends at once. */
function untilStopped(proxy: RunningProxy, log: LogWriter, terminal: Terminal): Promise<ExitCode> {
  return new Promise((resolve, reject) => {
    let stops = 0;
    const end = (cut: number): void => {
      for (const off of forget.splice(0)) off();
      log.info('stopped', { cut });
      if (cut > 0) terminal.tell(`${cut} ${cut === 1 ? 'connection was' : 'connections were'} cut.`);
      resolve(stops > 1 ? exitCodes.error : exitCodes.ok);
    };
    const stop = (): void => {
      stops += 1;
      if (stops > 2) return;
      const again = stops === 2;
      log.info(again ? 'stopping at once' : 'stopping: running requests may end');
      terminal.tell(again ? 'Stopping at once.' : 'Stopping; running requests may end. Once more stops at once.');
      // Both calls settle when the proxy has ended; the first to do so reports it.
      proxy.close(again ? { drain: 0 } : undefined).then(({ cut }) => {
        if (forget.length > 0) end(cut);
      }, reject);
    };
    const forget = [
      terminal.onSignal('SIGINT', stop),
      terminal.onSignal('SIGTERM', stop),
      terminal.onSignal('SIGHUP', () => proxy.reload()),
      terminal.onSignal('SIGUSR1', () => {
        log.reopen();
        proxy.reopenLogs();
      }),
    ];
  });
}

function fail(thrown: unknown, terminal: Terminal): ExitCode {
  if (thrown instanceof ConfigError) {
    tellFindings(thrown.diagnostics, terminal);
    return exitCodes.error;
  }
  // What is no AppError is a bug, and needs its stack to be mended.
  const text =
    thrown instanceof AppError
      ? thrown.message
      : thrown instanceof Error
        ? (thrown.stack ?? thrown.message)
        : reasonOf(thrown);
  terminal.tell(`fairlead: ${text}`);
  return exitCodes.error;
}
