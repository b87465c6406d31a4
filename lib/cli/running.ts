/** Asks the API of a Fairlead that runs with the same configuration. */
import { request } from 'node:http';
import { AppError, reasonOf } from '../errors.js';
import { formatAddress } from '../install/check.js';
import type { InstallConfiguration } from '../install/schema.js';
import type { ListenAddress } from '../source/network.js';

/** A proxy that has to be asked for something takes milliseconds; one that is stopped takes for ever. */
const patience = 10_000;
/** As much as 100,000 routers take. */
const mostBytes = 1 << 30;

/** Where the API is: as `--running=URL` says, else on the entry point of `api.insecure`. */
export function apiUrl(
  written: string,
  { api, entryPoints }: InstallConfiguration,
): string | { readonly fault: string } {
  if (written !== '') {
    const url = written.includes('://') ? written : `http://${written}`;
    if (!URL.canParse(url) || new URL(url).protocol !== 'http:') return { fault: `"${written}" is no http:// URL` };
    return url.replace(/\/+$/, '');
  }
  const address = api?.insecure === true ? entryPoints['traefik']?.address : undefined;
  if (address === undefined || address.port === 0) {
    return {
      fault:
        'where the API of the running proxy is cannot be told from the configuration; write --running=http://host:port',
    };
  }
  return `http://${formatAddress(onThisMachine(address))}${(api?.basePath ?? '/').replace(/\/+$/, '')}`;
}

/** A listener on all addresses is asked on the loopback. */
export function onThisMachine(address: ListenAddress): ListenAddress {
  const { host } = address;
  return { ...address, host: host === '' || host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host };
}

/** The JSON that the API answers with. Rejects with what it says instead, or why it cannot be asked. */
export async function askApi(url: string, path: string): Promise<unknown> {
  const { status, body } = await get(`${url}${path}`).catch((thrown: unknown) => {
    throw new AppError('ERR_FAIRLEAD_API', `${url} cannot be asked: ${reasonOf(thrown)}`);
  });
  const answer = json(body);
  if (status === 200 && answer !== undefined) return answer;
  const message = (answer as { readonly message?: unknown } | undefined)?.message;
  const said = typeof message === 'string' ? `: ${message}` : '';
  throw new AppError('ERR_FAIRLEAD_API', `${url} answers ${status}${said}`);
}

function json(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function get(url: string): Promise<{ readonly status: number; readonly body: string }> {
  return new Promise((resolve, reject) => {
    const asking = request(url, { signal: AbortSignal.timeout(patience), agent: false }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (text: string) => {
        body += text;
        if (body.length > mostBytes) asking.destroy(new Error('the answer is too large'));
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
      response.on('error', reject);
    });
    asking.on('error', (cause) =>
      reject(cause.name === 'AbortError' ? new Error(`no answer in ${patience} ms`) : cause),
    );
    asking.end();
  });
}
