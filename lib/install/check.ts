/** Checks of the install configuration that concern more than one value. */
import type { DiagnosticCode } from '../diagnostics/codes.js';
import { type Diagnostic, diagnose, type Finding } from '../diagnostics/diagnostic.js';
import { didYouMean } from '../diagnostics/suggest.js';
import type { ListenAddress } from '../source/network.js';
import type { Document, Path } from '../source/origin.js';
import type { EntryPoint } from './entry-point.js';
import { internalEntryPoint } from './derive.js';
import type { InstallConfiguration } from './schema.js';

/** The findings about a decoded configuration; `names` are all entry points that were written, broken ones included. */
export function checkInstall(config: InstallConfiguration, names: readonly string[], document: Document): Diagnostic[] {
  const findings: Diagnostic[] = [];
  const report = (code: DiagnosticCode, path: Path, finding: Omit<Finding, 'path' | 'origin'>) => {
    findings.push(diagnose(code, { ...finding, path, origin: document.origin(path) }));
  };
  checkAddresses(config.entryPoints, report);
  for (const [name, { http }] of Object.entries(config.entryPoints)) {
    const to = http.redirections?.entryPoint?.to;
    const path = ['entryPoints', name, 'http', 'redirections', 'entryPoint', 'to'];
    if (to !== undefined) checkTarget(to, path, names, report);
  }
  checkPing(config, names, report);
  if (config.core.defaultRuleSyntax === 'v2') {
    report('FL4009', ['core', 'defaultRuleSyntax'], {
      message: 'rule syntax "v2" is deprecated',
      hint: 'write rules in v3 syntax',
      effect: 'rules without "ruleSyntax: v3" are read as v2',
    });
  }
  return findings;
}

type Report = (code: DiagnosticCode, path: Path, finding: Omit<Finding, 'path' | 'origin'>) => void;

function checkAddresses(entryPoints: Readonly<Record<string, EntryPoint>>, report: Report): void {
  const owners = new Map<string, string>();
  for (const [name, { address }] of Object.entries(entryPoints)) {
    const path = ['entryPoints', name, 'address'];
    if (address.protocol === 'udp') {
      const effect = `entry point "${name}" is not opened`;
      report('FL2010', path, { message: 'UDP entry points are not supported yet', effect });
      continue;
    }
    // The system picks a free port for 0, each time another one.
    if (address.port === 0) continue;
    const key = `${wildcards.has(address.host) ? '' : address.host}:${address.port}`;
    const owner = owners.get(key);
    owners.set(key, owner ?? name);
    if (owner === undefined) continue;
    const message = `entry points "${owner}" and "${name}" both listen on ${formatAddress(address)}`;
    report('FL6002', path, { message, effect: 'Fairlead does not start' });
  }
}

const wildcards: ReadonlySet<string> = new Set(['', '0.0.0.0', '::']);

/** An address as users write it: `:80`, `127.0.0.1:80`, `[::1]:80`. */
export function formatAddress({ host, port }: ListenAddress): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function checkTarget(to: string, path: Path, names: readonly string[], report: Report): void {
  if (names.includes(to) || /^:\d{1,5}$/.test(to)) return;
  report('FL6003', path, {
    message: `redirection to "${to}", which is neither an entry point nor a port such as :443`,
    hint: didYouMean(to, names),
    effect: 'Fairlead does not start',
  });
}

function checkPing({ ping }: InstallConfiguration, names: readonly string[], report: Report): void {
  if (ping === undefined || ping.manualRouting || ping.entryPoint === internalEntryPoint) return;
  if (names.includes(ping.entryPoint)) return;
  report('FL6004', ['ping', 'entryPoint'], {
    message: `ping is bound to entry point "${ping.entryPoint}", which is not defined`,
    hint: didYouMean(ping.entryPoint, names),
    effect: 'Fairlead does not start',
  });
}
