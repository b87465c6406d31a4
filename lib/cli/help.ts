/** `fairlead help`: what there is, what a command does, what a code means. */
import { codes, type DiagnosticCode } from '../diagnostics/codes.js';
import { nearestName } from '../diagnostics/suggest.js';
import { type Verb, verbs } from './command-line.js';
import { type ExitCode, exitCodes, type Terminal } from './terminal.js';

const overview = `Usage: fairlead [command] [flags]

A reverse proxy and load balancer with the configuration of Traefik v3.

Commands
  run           serve traffic; the default
  check         find everything that is wrong with a configuration, without opening anything
  explain       which router, middlewares, server and certificate a request would get, and why not others
  plan          what a configuration would change, against another one or the proxy that runs
  test          route cases from YAML files, decided by the tables that serve traffic
  why           what became of a request, by its X-Request-Id
  healthcheck   ask a running Fairlead whether it is well (ping must be on)
  version       print the version
  help          explain a command or the code of a finding, as in: fairlead help FL2001

Flags
  --configFile=PATH              install file (.yml, .yaml, .toml, .json); else the usual places are searched
  --entryPoints.web.address=:80  any key of the install configuration; flags win over the environment
                                 (TRAEFIK_ENTRYPOINTS_WEB_ADDRESS), which wins over the file
  --json                         data instead of text (check, explain, plan, why, version, help CODE)

Exit codes: 0 well, 1 an error, 2 something changes (plan) or a case fails (test), 64 the command line cannot be understood.`;

const pages: Readonly<Record<Verb, string>> = {
  run: `Usage: fairlead [run] [--configFile=PATH] [flags]

Serves traffic until it is told to stop.

Signals
  SIGTERM, SIGINT  stop as transport.lifeCycle of the entry points says; a second one stops at once
  SIGHUP           read the files of the file provider again
  SIGUSR1          open the logs again, after they were moved away`,
  check: `Usage: fairlead check [--configFile=PATH] [--json] [flags]

Reads the configuration as "run" would, up to the tables that serve traffic, and lists every finding. Opens no socket.
Exits with 0 when there is no error, else with 1.`,
  explain: `Usage: fairlead explain [METHOD] URL [options] [--configFile=PATH] [flags]

Says what would become of a request: the entry point, the certificate, the router with its priority, what each middleware
does to it, the service, the server, and what that is sent; and of the routers that came close the first test that failed.
Decided by the tables that serve traffic. Opens no socket.

  -H, --header 'Name: value'  a header; may be repeated
  --entryPoint NAME           where it comes in; else by the port of the URL
  --sni NAME                  server name of the TLS handshake; else the host of the URL
  --client ADDRESS            address of the client; else 127.0.0.1
  --running[=URL]             asks the API of the proxy that runs, which also knows whose turn it is
  --json                      data instead of text

  fairlead explain https://shop.example/cart -H 'X-Tenant: blue'
  fairlead explain POST /api/orders -H 'Host: api.example' --entryPoint=web`,
  plan: `Usage: fairlead plan [--against=PATH | --running[=URL]] [--configFile=PATH] [--json] [flags]

Compares the configuration with another one by meaning: objects that were added, removed and changed; requests that another
router would get, found by examples that are made from the rules and tried on the tables of both sides; routers that get
nothing any more; servers that drain; and keys that need a restart.

  --against=PATH    what is compared with: an install file, or a directory in which the same flags are read (a checkout of
                    the version before). Relative paths in it begin there.
  --running[=URL]   the proxy that runs, through its API; this is the default
  --json            data instead of text

Exits with 0 when nothing changes, 2 when something does, 1 when there is an error.`,
  test: `Usage: fairlead test [FILE ...] [--configFile=PATH] [flags]

Decides the cases of each file (fairlead.test.yml when none is named) offline and prints the outcome in TAP. A case:

  - request: { method: GET, url: https://shop.example/cart, headers: { X-Tenant: blue } }
    expect: { router: shop@file, service: app@file, path: /, status: 301 }

Exits with 0 when all cases hold, 2 when one fails, 1 when there is an error.`,
  why: `Usage: fairlead why ID [--running[=URL]] [--configFile=PATH] [--json] [flags]

Asks the API of the proxy that runs what became of the request whose answer had this X-Request-Id: router, service, each
server that was tried, when, and the reason of a failure. Every failure and refusal is remembered, and one in 64 of the rest,
the newest of each worker.`,
  version: `Usage: fairlead version [--json]

Prints the version of Fairlead, of Node and of the platform.`,
  help: `Usage: fairlead help [command | CODE]

Explains a command, or the code of a finding such as FL2001.`,
  healthcheck: `Usage: fairlead healthcheck [--configFile=PATH] [flags]

Reads the same configuration as "run", asks /ping on its entry point, and exits with 0 only if the answer is 200.`,
};

/** Explains `word`, or everything when there is none. */
export function helpCommand(word: string | undefined, json: boolean, terminal: Terminal): ExitCode {
  if (word === undefined) {
    terminal.print(overview);
    return exitCodes.ok;
  }
  const verb = verbs.find((known) => known === word);
  if (verb !== undefined) {
    terminal.print(pages[verb]);
    return exitCodes.ok;
  }
  const code = word.toUpperCase();
  if (Object.hasOwn(codes, code)) {
    terminal.print(explain(code as DiagnosticCode, json));
    return exitCodes.ok;
  }
  const nearest = nearestName(word, [...verbs, ...Object.keys(codes)]);
  terminal.tell(
    `fairlead: nothing is known about "${word}"${nearest === undefined ? '' : `, did you mean "${nearest}"?`}`,
  );
  return exitCodes.usage;
}

function explain(code: DiagnosticCode, json: boolean): string {
  const { title, severity, help } = codes[code];
  return json
    ? JSON.stringify({ code, title, severity, help }, undefined, 2)
    : `${code} ${title} (${severity})\n\n${help}`;
}
