/** IP addresses and networks, checked without touching the network. */
import { isIP } from 'node:net';

/** The reason why `text` is neither an IP address nor a network in CIDR form; undefined when it is one. */
export function networkFault(text: string): string | undefined {
  const [address = '', prefix, ...rest] = text.split('/');
  const family = isIP(address);
  if (family === 0 || address.includes('%')) return 'must be an IP address or a network such as 10.0.0.0/8';
  if (prefix === undefined) return undefined;
  const longest = family === 4 ? 32 : 128;
  const valid = rest.length === 0 && /^\d{1,3}$/.test(prefix) && Number(prefix) <= longest;
  return valid ? undefined : `must have a prefix length between 0 and ${longest} after the slash`;
}

/** A listening address taken apart. */
export interface ListenAddress {
  /** Empty for all interfaces; IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
  readonly protocol: 'tcp' | 'udp';
}

/** Reads `[host]:port[/tcp|/udp]`; the reason as text when it cannot be read. */
export function parseListenAddress(text: string): ListenAddress | string {
  const [hostAndPort = '', suffix = 'tcp', ...rest] = text.split('/');
  const protocol = suffix.toLowerCase();
  if (rest.length > 0 || (protocol !== 'tcp' && protocol !== 'udp')) return 'must end in /tcp, /udp or nothing';
  const match = /^(?:\[([^\]]*)\]|([^:[\]]*)):(\d{1,5})$/.exec(hostAndPort);
  if (match === null) return 'must be written [host]:port, such as ":80" or "127.0.0.1:8080"';
  const [, six, other = '', digits = ''] = match;
  const port = Number(digits);
  if (port > 65535) return 'must have a port between 0 and 65535';
  const host = six ?? other;
  if (six !== undefined && isIP(six.split('%', 1)[0] ?? '') !== 6)
    return 'must hold an IPv6 address between the brackets';
  if (six === undefined && /^[\d.]+$/.test(host) && isIP(host) !== 4) return 'must hold a valid IPv4 address';
  return { host, port, protocol };
}
