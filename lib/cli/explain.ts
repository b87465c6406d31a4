/** `fairlead explain`: what would become of a request, offline or as a running proxy sees it. */
import { hasErrors } from '../diagnostics/diagnostic.js';
import { headerOf } from '../admin/explain.js';
import type { Explanation } from '../explain/explanation.js';
import { renderExplanation } from '../explain/render.js';
import type { ExplainRequest } from '../explain/request.js';
import { type InstallPorts, readInstall } from '../install/read.js';
import type { Api } from './api.js';
import type { CommandLine } from './command-line.js';
import { refuse } from './findings.js';
import { apiUrl, askApi } from './running.js';
import { type ExitCode, exitCodes, type Terminal } from './terminal.js';

/** Runs `fairlead explain`; 0 when the request could be explained, whatever becomes of it. */
export async function explainCommand(
  line: CommandLine,
  loadApi: () => Promise<Pick<Api, 'explain'>>,
  ports: InstallPorts,
  terminal: Terminal,
): Promise<ExitCode> {
  const request = requestOf(line);
  if ('fault' in request) {
    terminal.tell(`fairlead: ${request.fault}\n"fairlead help explain" shows how it is written.`);
    return exitCodes.usage;
  }
  const install = await readInstall(line.flags, ports);
  const running = line.given?.get('--running')?.[0];
  if (hasErrors(install.diagnostics) && !running) return refuse(install.diagnostics, terminal);
  let explanation: Explanation | undefined;
  if (running === undefined) {
    [explanation] = await (await loadApi()).explain(install, [request]);
  } else {
    const url = apiUrl(running, install.config);
    if (typeof url !== 'string') {
      terminal.tell(`fairlead: ${url.fault}`);
      return exitCodes.error;
    }
    explanation = (await askApi(url, `/api/explain?${queryOf(request).toString()}`)) as Explanation;
  }
  if (explanation === undefined) return exitCodes.error;
  terminal.print(line.json ? JSON.stringify(explanation, undefined, 2) : renderExplanation(explanation));
  return exitCodes.ok;
}

type Asked = ExplainRequest & { readonly headers: readonly (readonly [string, string])[] };

function requestOf({ words, given }: CommandLine): Asked | { readonly fault: string } {
  if (words.length < 1 || words.length > 2) return { fault: '"explain" takes a method and a URL, or a URL' };
  const [method = 'GET', url = ''] = words.length === 2 ? words : ['GET', ...words];
  const written = given?.get('--header') ?? [];
  const headers = written.map(headerOf).filter((header) => header !== undefined);
  const wrong = written.find((text) => headerOf(text) === undefined);
  if (wrong !== undefined) return { fault: `header "${wrong}" is not written as "Name: value"` };
  const [entryPoint, serverName, client] = ['--entryPoint', '--sni', '--client'].map((name) => given?.get(name)?.[0]);
  return {
    url,
    headers,
    method,
    ...(entryPoint !== undefined && { entryPoint }),
    ...(serverName !== undefined && { serverName }),
    ...(client !== undefined && { client }),
  };
}

/** The request as the API is asked about it. */
export function queryOf({ url, method, headers, entryPoint, serverName, client, nearMisses }: Asked): URLSearchParams {
  const query = new URLSearchParams({ url });
  if (method !== undefined) query.set('method', method);
  for (const [name, value] of headers) query.append('header', `${name}: ${value}`);
  if (entryPoint !== undefined) query.set('entryPoint', entryPoint);
  if (serverName !== undefined) query.set('sni', serverName);
  if (client !== undefined) query.set('client', client);
  if (nearMisses !== undefined) query.set('nearMisses', String(nearMisses));
  return query;
}
