/** `npm run bench -- S1 S4`: compares Fairlead with its peers and prints ratios. See README.md. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Request, USAGE, readArguments } from './arguments.js';
import { createCertificate } from './certificate.js';
import { compileNative } from './native.js';
import { endEverythingAtExit, setNiceness } from './processes.js';
import { proxies } from './proxies/index.js';
import { jsonOf, tableOf } from './report.js';
import { type Contender, type Environment, type Outcome, runScenario, takesPart } from './run.js';

const CACHE = join(import.meta.dirname, '..', 'out', 'bench');

/** Installed proxies that can take part in anything requested; the others are named with the way to get them. */
function contendersFor(request: Request, relay: string, say: (line: string) => void): readonly Contender[] {
  const contenders: Contender[] = [];
  for (const proxy of proxies(relay)) {
    if (request.proxies !== undefined && !request.proxies.includes(proxy.name)) continue;
    if (!request.scenarios.some((scenario) => takesPart(proxy, scenario))) continue;
    const version = proxy.version();
    if (version === undefined) {
      say(`skipped ${proxy.name}: not runnable here (${proxy.install})`);
    } else {
      contenders.push({ proxy, version });
    }
  }
  return contenders;
}

async function run(request: Request): Promise<void> {
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  const began = new Date();
  if (request.json !== undefined) mkdirSync(dirname(request.json), { recursive: true });
  if (cpus().length < 2) say('warning: with one core the proxy shares it with the load, so ratios mean little');
  if (request.nice !== undefined) setNiceness(request.nice);
  const programs = compileNative(CACHE);
  const directory = mkdtempSync(join(tmpdir(), 'fairlead-bench-'));
  chmodSync(directory, 0o755); // Proxies that drop root still read their files.
  endEverythingAtExit();
  process.on('exit', () => rmSync(directory, { recursive: true, force: true }));
  const certificate = createCertificate(directory);
  const { effort, systemCalls, profiles } = request;
  const environment: Environment = { programs, certificate, directory, effort, systemCalls, profiles, say };
  const contenders = contendersFor(request, programs.relay, say);
  const outcomes: Outcome[] = [];
  for (const scenario of request.scenarios) {
    const outcome = await runScenario(scenario, contenders, environment);
    outcomes.push(outcome);
    process.stdout.write(`\n${tableOf(outcome)}`);
    // After every scenario, so that an interrupted run keeps what it has.
    if (request.json !== undefined) writeFileSync(request.json, jsonOf(outcomes, began));
  }
}

const request = readArguments(process.argv.slice(2));
if (typeof request === 'string') {
  process.stderr.write(request === '' ? USAGE : `${request}\n\n${USAGE}`);
  process.exitCode = request === '' ? 0 : 64;
} else {
  await run(request);
  process.exit(0); // Ends whatever a failed proxy left behind.
}
