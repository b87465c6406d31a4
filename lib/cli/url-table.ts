/** The table of URLs that `fairlead run` shows. */
import type { ListeningAddress } from './api.js';

const wildcards: ReadonlySet<string> = new Set(['', '0.0.0.0', '::']);

/** The URL at which a browser on this machine reaches an entry point. */
export function urlOf({ host, port, tls }: ListeningAddress): string {
  const name = wildcards.has(host) ? 'localhost' : host.includes(':') ? `[${host}]` : host;
  const isDefault = port === (tls ? 443 : 80);
  return `${tls ? 'https' : 'http'}://${name}${isDefault ? '' : `:${port}`}/`;
}

/** One line per entry point: its name, its URL, and that it listens on all addresses. */
export function urlTable(addresses: Readonly<Record<string, ListeningAddress>>): string {
  const rows = Object.entries(addresses).map(([name, address]) => ({ name, url: urlOf(address), address }));
  const nameWidth = Math.max(0, ...rows.map(({ name }) => name.length));
  const urlWidth = Math.max(0, ...rows.map(({ url }) => url.length));
  const lines = rows.map(({ name, url, address }) => {
    const where = wildcards.has(address.host) ? 'on all addresses' : '';
    return `  ${name.padEnd(nameWidth)}  ${url.padEnd(urlWidth)}  ${where}`.trimEnd();
  });
  return lines.join('\n');
}
