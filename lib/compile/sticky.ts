/** Sticky cookies: their name, the values that stand for servers, and what follows them in Set-Cookie. */
import { hash } from 'node:crypto';
import type { Sticky, StickyCookie } from '../schema/sticky.js';
import type { sticky } from '../snapshot/records.js';
import type { Value } from '../snapshot/wire.js';

type WireSticky = Value<typeof sticky>;

/** The cookie of a service, in a list of one or none. `candidates` are URLs of servers, or names of services. */
export function compileSticky(
  config: Sticky | undefined,
  service: string,
  candidates: readonly string[],
): readonly WireSticky[] {
  if (config?.cookie === undefined) return [];
  return [
    {
      name: cookieName(config.cookie.name, service),
      attributes: attributesOf(config.cookie),
      current: candidates.map(cookieValue),
      former: candidates.flatMap((text, candidate) => formerValues(text).map((value) => ({ value, candidate }))),
    },
  ];
}

/** Traefik's name where the user gives none: clients keep their servers when Fairlead takes its place. */
export function cookieName(written: string | undefined, service: string): string {
  if (written) return written.replace(/[^\w!#$%&'*+.^`|~-]/gu, '_');
  return `_${hash('sha1', `_TRAEFIK_BACKEND_${service}`, 'hex').slice(0, 5)}`;
}

/** What the cookie says for a server. */
export const cookieValue = (candidate: string): string => hash('sha256', candidate, 'hex').slice(0, 16);

/** What the cookies of earlier versions of Traefik said: the name itself, and its hash once and twice. */
function formerValues(candidate: string): readonly string[] {
  const once = fnv1(candidate);
  return [candidate, once, fnv1(once)];
}

/** FNV-1 of 64 bits, in hexadecimal without leading zeros. */
function fnv1(text: string): string {
  let hashed = 0xcbf29ce484222325n;
  for (const byte of Buffer.from(text)) hashed = BigInt.asUintN(64, hashed * 0x100000001b3n) ^ BigInt(byte);
  return hashed.toString(16);
}

const sameSites = { none: 'None', lax: 'Lax', strict: 'Strict' } as const;

/** What follows name and value, in the order and spelling of Go. */
function attributesOf({ path, domain = '', maxAge, httpOnly, secure, sameSite = '' }: StickyCookie): string {
  return [
    path !== '' && `; Path=${path}`,
    domain !== '' && `; Domain=${domain.replace(/^\./, '')}`,
    maxAge !== 0 && `; Max-Age=${Math.max(0, maxAge)}`,
    httpOnly && '; HttpOnly',
    secure && '; Secure',
    sameSite !== '' && `; SameSite=${sameSites[sameSite]}`,
  ]
    .filter((part) => part !== false)
    .join('');
}
