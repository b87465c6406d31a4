/** A request as somebody describes it, turned into the bytes that a client would send and the door it comes in by. */
import { isIP } from 'node:net';
import type { NativeQuestion } from '../engine/binding.js';
import { AppError } from '../errors.js';

/** A request to explain. */
export interface ExplainRequest {
  /** `https://shop.example/cart?x=1`, or a path when the host stands in the headers. Never changed but by the data plane. */
  readonly url: string;
  /** GET when left out. */
  readonly method?: string;
  /** Names and values. */
  readonly headers?: Readonly<Record<string, string | readonly string[]>> | readonly (readonly [string, string])[];
  /** The entry point it comes to; by the port of the URL when left out. */
  readonly entryPoint?: string;
  /** The server name of the TLS handshake; the host of the URL when left out. */
  readonly serverName?: string;
  /** Address of the client; 127.0.0.1 when left out. */
  readonly client?: string;
  /** How many routers that came close are named; 20 when left out. */
  readonly nearMisses?: number;
}

/** An entry point that a request may come to. */
export interface Door {
  readonly name: string;
  readonly port: number;
  /** Serves clear text, TLS. */
  readonly plain: boolean;
  readonly tls: boolean;
}

/** What the data plane is asked, and what of it was assumed. */
export interface Asked {
  readonly question: NativeQuestion;
  readonly url: string;
  /** Said when the entry point was neither named nor found by the port. */
  readonly assumption?: string;
}

/** As many near misses as a person reads. */
export const usualNearMisses = 20;
const mostNearMisses = 1000;

const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const lineBreaking = /[\0\r\n]/;

/** The question for the data plane. Throws ERR_FAIRLEAD_REQUEST for what is no request. */
export function questionOf(request: ExplainRequest, doors: readonly Door[]): Asked {
  const { method = 'GET', client = '127.0.0.1', nearMisses = usualNearMisses } = request;
  const target = targetOf(request.url);
  const fields = fieldsOf(request.headers);
  if (!token.test(method)) throw wrong(`"${method}" is no method`);
  if (isIP(client) === 0) throw wrong(`"${client}" is no address`);
  if (!(nearMisses >= 0 && nearMisses <= mostNearMisses))
    throw wrong(`nearMisses must be between 0 and ${mostNearMisses}`);
  const host = fields.find(([name]) => name.toLowerCase() === 'host')?.[1] ?? target.host;
  if (host === undefined) throw wrong('the URL has no host, and there is no Host header');
  const { door, assumption } = doorOf(request.entryPoint, target, doors);
  const tls = target.tls ?? (door.tls && !door.plain);
  const others = fields.filter(([name]) => name.toLowerCase() !== 'host');
  const lines = [
    `${method} ${target.path} HTTP/1.1`,
    `Host: ${host}`,
    ...others.map(([name, value]) => `${name}: ${value}`),
  ];
  return {
    question: {
      head: Buffer.from(`${lines.join('\r\n')}\r\n\r\n`),
      entryPoint: door.name,
      tls,
      serverName: tls ? serverNameOf(request.serverName ?? nameOf(target.host ?? host)) : '',
      client,
      nearMisses,
    },
    url: `${tls ? 'https' : 'http'}://${host}${target.path}`,
    ...(assumption !== undefined && { assumption }),
  };
}

interface Target {
  /** Undefined where the URL does not say. */
  readonly tls: boolean | undefined;
  readonly host: string | undefined;
  readonly port: number | undefined;
  /** Path and query, as written. */
  readonly path: string;
}

/** Not by `URL`, which would put the path into a normal form of its own. */
function targetOf(url: string): Target {
  if (lineBreaking.test(url) || /\s/.test(url)) throw wrong('a URL has no white space');
  if (url.startsWith('/')) return { tls: undefined, host: undefined, port: undefined, path: url };
  const match = /^(https?|wss?):\/\/([^/?#]+)(.*)$/i.exec(url);
  const [, scheme = '', host = '', rest = ''] = match ?? [];
  if (match === null) throw wrong(`"${url}" is no URL; write http://host/path, https://host/path or /path`);
  const tls = /^(https|wss)$/i.test(scheme);
  const port = /:(\d{1,5})$/.exec(host)?.[1];
  const path = rest.startsWith('/') ? rest : `/${rest}`;
  return { tls, host, port: port === undefined ? (tls ? 443 : 80) : Number(port), path };
}

function fieldsOf(headers: ExplainRequest['headers'] = []): readonly (readonly [string, string])[] {
  const pairs = isPairs(headers)
    ? headers
    : Object.entries(headers).flatMap(([name, value]) =>
        (typeof value === 'string' ? [value] : value).map((one): readonly [string, string] => [name, one]),
      );
  for (const [name, value] of pairs) {
    if (!token.test(name)) throw wrong(`"${name}" is no name of a header`);
    if (lineBreaking.test(value)) throw wrong(`the value of header "${name}" has more than one line`);
  }
  return pairs.map(([name, value]) => [name, value.trim()] as const);
}

const isPairs = (headers: NonNullable<ExplainRequest['headers']>): headers is readonly (readonly [string, string])[] =>
  Array.isArray(headers);

/** By name, else by port, else the first that serves what the URL asks for. */
function doorOf(
  name: string | undefined,
  { tls, port }: Target,
  doors: readonly Door[],
): { readonly door: Door; readonly assumption?: string } {
  if (name !== undefined) {
    const named = doors.find((door) => door.name === name);
    if (named === undefined) throw wrong(`there is no entry point "${name}"${listed(doors)}`);
    return { door: named };
  }
  const byPort = doors.find((door) => door.port === port);
  if (byPort !== undefined) return { door: byPort };
  const ordinary = doors.filter((door) => door.name !== 'traefik');
  const serving = [...ordinary, ...doors].find((door) => (tls === true ? door.tls : tls === false ? door.plain : true));
  const door = serving ?? ordinary[0] ?? doors[0];
  if (door === undefined) throw wrong('there is no entry point');
  const why = port === undefined ? 'the URL names no port' : `no entry point listens on port ${port}`;
  return doors.length === 1 ? { door } : { door, assumption: `${why}; entry point "${door.name}" was assumed` };
}

const listed = (doors: readonly Door[]): string =>
  doors.length === 0 ? '' : `; there are ${doors.map((door) => `"${door.name}"`).join(', ')}`;

/** A host without its port. */
const nameOf = (host: string): string => host.replace(/:\d*$/, '').replace(/^\[|\]$/g, '');

/** Addresses are not sent as server names (RFC 6066 section 3). */
function serverNameOf(name: string): string {
  if (lineBreaking.test(name)) throw wrong('a server name is one word');
  return isIP(name) === 0 ? name.toLowerCase().replace(/\.$/, '') : '';
}

const wrong = (detail: string): AppError => new AppError('ERR_FAIRLEAD_REQUEST', detail);
