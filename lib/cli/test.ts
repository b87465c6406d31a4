/** `fairlead test`: route cases, decided offline. */
import { type Diagnostic, hasErrors } from '../diagnostics/diagnostic.js';
import { AppError, reasonOf } from '../errors.js';
import type { Explanation } from '../explain/explanation.js';
import type { InstallResult } from '../install/result.js';
import { type InstallPorts, readInstall } from '../install/read.js';
import { mismatches } from '../route-test/judge.js';
import { type PlacedCase, readCases } from '../route-test/read.js';
import { type Outcome, tapOf } from '../route-test/tap.js';
import { maxReferencedFileSize } from '../source/limits.js';
import type { Api } from './api.js';
import type { CommandLine } from './command-line.js';
import { refuse, tellFindings } from './findings.js';
import { type ExitCode, exitCodes, type Terminal } from './terminal.js';

/** Read when no file is named. */
const usualFile = 'fairlead.test.yml';

/** Runs `fairlead test`; 0 when every case holds, 2 when one fails, 1 when they cannot be run. */
export async function testCommand(
  { words, flags }: CommandLine,
  loadApi: () => Promise<Pick<Api, 'explain'>>,
  ports: InstallPorts,
  terminal: Terminal,
): Promise<ExitCode> {
  const install = await readInstall(flags, ports);
  if (hasErrors(install.diagnostics)) return refuse(install.diagnostics, terminal);
  const cases: PlacedCase[] = [];
  const findings: Diagnostic[] = [];
  for (const name of words.length === 0 ? [usualFile] : words) {
    try {
      const read = readCases({ name, text: await ports.readText(name, maxReferencedFileSize) });
      cases.push(...read.cases);
      findings.push(...read.diagnostics);
    } catch (thrown) {
      terminal.tell(`fairlead: ${name} cannot be read: ${reasonOf(thrown)}`);
      return exitCodes.error;
    }
  }
  tellFindings(findings, terminal);
  if (hasErrors(findings)) return exitCodes.error;
  const outcomes = await decided(cases, await loadApi(), install);
  terminal.print(tapOf(outcomes));
  return outcomes.every((outcome) => outcome.mismatches.length === 0) ? exitCodes.ok : exitCodes.differs;
}

async function decided(
  cases: readonly PlacedCase[],
  api: Pick<Api, 'explain'>,
  install: InstallResult,
): Promise<readonly Outcome[]> {
  const explained = await api
    .explain(
      install,
      cases.map(({ request }) => request),
    )
    .catch((thrown: unknown) => {
      // One of them is no request: which one, only asking for each tells.
      if (thrown instanceof AppError && thrown.code === 'ERR_FAIRLEAD_REQUEST') return undefined;
      throw thrown;
    });
  if (explained !== undefined) return cases.map((one, index) => outcomeOf(one, explained[index]));
  return Promise.all(
    cases.map(async (one) => {
      try {
        return outcomeOf(one, (await api.explain(install, [one.request]))[0]);
      } catch (thrown) {
        return refused(one, reasonOf(thrown));
      }
    }),
  );
}

function refused({ name, place }: PlacedCase, reason: string): Outcome {
  const at = place(['request']);
  return {
    name,
    place: place([]),
    mismatches: [{ path: ['', 'request'], place: at, expected: 'a request', found: reason }],
  };
}

function outcomeOf(one: PlacedCase, explanation: Explanation | undefined): Outcome {
  if (explanation === undefined) return refused(one, 'no answer');
  const found = mismatches(one.expect, explanation).map((mismatch) => ({
    ...mismatch,
    place: one.place(mismatch.path),
  }));
  const wanted = explanation.nearMisses.find(({ router }) => router === one.expect.router);
  return {
    name: one.name,
    place: one.place([]),
    mismatches: found,
    ...(wanted !== undefined && { because: `${wanted.router}: ${wanted.because}` }),
  };
}
