/** `fairlead plan`: what a configuration would change. */
import { statSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { hasErrors } from '../diagnostics/diagnostic.js';
import { type InstallPorts, readInstall } from '../install/read.js';
import type { Plan } from '../plan/plan.js';
import { renderPlan } from '../plan/render.js';
import type { Api } from './api.js';
import type { CommandLine } from './command-line.js';
import { refuse } from './findings.js';
import { apiUrl } from './running.js';
import { runningSide } from './running-side.js';
import { type ExitCode, exitCodes, type Terminal } from './terminal.js';

/** Runs `fairlead plan`; 0 when nothing changes, 2 when something does. */
export async function planCommand(
  { flags, json, given, words }: CommandLine,
  loadApi: () => Promise<Pick<Api, 'plan'>>,
  ports: InstallPorts,
  terminal: Terminal,
): Promise<ExitCode> {
  const against = given?.get('--against')?.[0];
  const running = given?.get('--running')?.[0];
  if (words.length > 0 || (against !== undefined && running !== undefined)) {
    const fault =
      words.length > 0 ? `"plan" takes no words, but "${words[0] ?? ''}"` : 'write --against or --running, not both';
    terminal.tell(`fairlead: ${fault}\n"fairlead help plan" shows how it is written.`);
    return exitCodes.usage;
  }
  const after = await readInstall(flags, ports);
  if (hasErrors(after.diagnostics)) return refuse(after.diagnostics, terminal);
  const api = await loadApi();
  let plan: Plan;
  if (against === undefined) {
    const url = apiUrl(running ?? '', after.config);
    if (typeof url !== 'string') {
      terminal.tell(`fairlead: ${url.fault}, or --against=PATH`);
      return exitCodes.error;
    }
    plan = await api.plan(await runningSide(url), after);
  } else {
    const { directory, flags: own } = otherFlags(against, flags);
    const before = await readInstall(own, {
      ...ports,
      readText: (path, limit) => ports.readText(within(directory, path), limit),
    });
    if (hasErrors(before.diagnostics)) return refuse(before.diagnostics, terminal);
    plan = await api.plan(before, after, { directory });
  }
  terminal.print(json ? JSON.stringify(plan, undefined, 2) : renderPlan(plan));
  return plan.isEmpty ? exitCodes.ok : exitCodes.differs;
}

/** A directory is read with the same flags; a file is named by one, in its directory. */
function otherFlags(
  against: string,
  flags: readonly string[],
): { readonly directory: string; readonly flags: readonly string[] } {
  if (statSync(against, { throwIfNoEntry: false })?.isDirectory() === true) return { directory: against, flags };
  const named = flags.findIndex((flag) => /^--?configfile$/i.test(flag));
  const others = flags.filter(
    (flag, index) => !/^--?configfile(=|$)/i.test(flag) && (named < 0 || index !== named + 1),
  );
  return { directory: dirname(against), flags: [`--configFile=${basename(against)}`, ...others] };
}

const within = (directory: string, path: string): string => (path.startsWith('/') ? path : `${directory}/${path}`);
