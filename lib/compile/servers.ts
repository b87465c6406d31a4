/** Servers of a load balancer: the URL taken apart, with the identity its connections are kept by. */
import type { Server } from '../schema/service.js';
import type { server } from '../snapshot/records.js';
import type { Value } from '../snapshot/wire.js';
import { Identities } from './identity.js';

type WireServer = Value<typeof server>;

/** A URL as most are: scheme, name or IPv4 address, port. Far cheaper than the general parser, and as strict. */
const plainUrl = /^(https?):\/\/([a-z0-9](?:[a-z0-9._-]*[a-z0-9])?)(?::(\d{1,5}))?\/?$/;

interface Target {
  readonly host: string;
  readonly port: number;
  readonly authority: string;
  /** What preservePath puts before the path of a request: without a slash at its end. */
  readonly path: string;
  readonly tls: boolean;
  readonly unix: boolean;
}

/** Servers mostly stay while what is around them changes. */
const identities = new Identities();

/** The server of the snapshot. Connections are shared by servers with one address and one transport. */
export function compileServer({ url, weight, preservePath }: Server, transportIdentity: bigint): WireServer {
  const written = url.trim();
  const target = written.startsWith('unix:') ? unixTarget(written) : (plainTarget(written) ?? urlTarget(written));
  const { host, port, authority, tls, unix, path } = target;
  const address = unix ? `unix ${path}` : `${tls ? 'tls' : 'tcp'} ${host} ${port}`;
  return {
    identity: identities.of(`server ${address} ${transportIdentity}`),
    url: written,
    weight,
    // The path of a socket is none of a request.
    preservePath: preservePath && !unix,
    host,
    port,
    authority,
    path,
    tls,
    unix,
  };
}

/** `unix:///run/app.sock` and `unix:/run/app.sock`. The Host header is `localhost`, as other proxies have it. */
function unixTarget(url: string): Target {
  const path = url.slice('unix:'.length).replace(/^\/\/(?=\/)/, '');
  return { host: '', port: 0, authority: 'localhost', path, tls: false, unix: true };
}

function plainTarget(url: string): Target | undefined {
  const match = plainUrl.exec(url);
  if (match === null) return undefined;
  const [, scheme, host = '', digits] = match;
  const tls = scheme === 'https';
  const usual = tls ? 443 : 80;
  const port = digits === undefined ? usual : Number(digits);
  // A last label of digits is an IPv4 address, which has many spellings; the general parser knows them.
  if (port > 65535 || (/(?:^|\.)\d[\da-fx]*$/.test(host) && !/^(?:\d{1,3}\.){3}\d{1,3}$/.test(host))) return undefined;
  return { host, port, authority: port === usual ? host : `${host}:${port}`, path: '', tls, unix: false };
}

function urlTarget(text: string): Target {
  const url = new URL(text);
  const tls = url.protocol === 'https:';
  const port = url.port === '' ? (tls ? 443 : 80) : Number(url.port);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  return { host, port, authority: url.host, path: url.pathname.replace(/\/$/, ''), tls, unix: false };
}
