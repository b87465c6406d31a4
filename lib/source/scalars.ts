/**
 * The scalar types of the configuration, as schemas.
 *
 * A custom issue whose message begins with "must " is completed by the decoder to `"key" must …`; `params` may name a
 * diagnostic `code` and a `hint`.
 */
import { z } from 'zod';
import { parseDuration } from './duration.js';
import { networkFault } from './network.js';

/** Adds the finding "malformed value" to a transform. */
function malformed(context: z.RefinementCtx, message: string, hint?: string): never {
  context.addIssue({ code: 'custom', message, params: { code: 'FL2006', ...(hint !== undefined && { hint }) } });
  return z.NEVER;
}

/** A duration: Go syntax, or a number of seconds. Output: nanoseconds, as bigint. */
export const duration = z.union([z.string(), z.number()]).transform((value, context): bigint => {
  const parsed = parseDuration(String(value));
  return parsed ?? malformed(context, 'must be a duration', 'write 10s, 1m30s or 500ms; a bare number is seconds');
});

/** A duration that may not be negative. Output: nanoseconds, as bigint. */
export const positiveDuration = duration.refine((value) => value >= 0n, {
  error: 'must not be negative',
  params: { code: 'FL2005' },
});

/** A list of texts. The decoder also takes one text with commas, as flags, environment and labels write it. */
export const stringList = z.array(z.string());

/** A path of a file, or the content itself (PEM); which of both is decided when it is read. Never empty. */
export const fileOrContent = z.string().min(1);

/** A TCP or UDP port. */
export const port = z.int().min(0).max(65535);

/** An IP address or a network in CIDR form. Output: as written. */
export const cidr = z.string().transform((value, context): string => {
  const text = value.trim();
  const fault = networkFault(text);
  return fault === undefined ? text : malformed(context, fault);
});

const byteUnits: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  k: 1000,
  kb: 1000,
  ki: 1024,
  kib: 1024,
  m: 1000 ** 2,
  mb: 1000 ** 2,
  mi: 1024 ** 2,
  mib: 1024 ** 2,
  g: 1000 ** 3,
  gb: 1000 ** 3,
  gi: 1024 ** 3,
  gib: 1024 ** 3,
};

/** A number of bytes, or a text such as `64KiB` or `1MB`. Output: whole bytes; -1 (Traefik's "unlimited") passes. */
export const byteSize = z.union([z.string(), z.number()]).transform((value, context): number => {
  const match = /^(-?\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(String(value).trim());
  const unit = byteUnits[match?.[2]?.toLowerCase() ?? 'none'];
  const bytes = Number(match?.[1]) * (unit ?? Number.NaN);
  if (Number.isSafeInteger(bytes) && bytes >= -1) return bytes;
  return malformed(context, 'must be a number of bytes', 'write 1048576, 64KiB or 1MB');
});

/** A 64-bit signed integer, for Traefik's priorities beyond 2^53. Output: bigint. */
export const int64 = z.union([z.bigint(), z.number(), z.string()]).transform((value, context): bigint => {
  const text = typeof value === 'number' && Number.isInteger(value) ? BigInt(value).toString() : String(value).trim();
  if (!/^[+-]?\d{1,20}$/.test(text)) return malformed(context, 'must be an integer');
  const parsed = BigInt(text);
  const fits = parsed >= -(2n ** 63n) && parsed < 2n ** 63n;
  return fits ? parsed : malformed(context, 'must fit into 64 bits');
});

/** Status codes from one to another, both included. */
export interface StatusRange {
  readonly from: number;
  readonly to: number;
}

/** HTTP status codes and ranges, as `404` or `500-599`. Output: inclusive ranges. */
export const statusRange = z.string().transform((value, context): StatusRange => {
  const match = /^([1-9]\d\d)(?:-([1-9]\d\d))?$/.exec(value.trim());
  const from = Number(match?.[1]);
  const to = Number(match?.[2] ?? match?.[1]);
  if (match !== null && from <= to) return { from, to };
  return malformed(context, 'must be a status code or a range', 'write 404 or 500-599');
});

/** A range as it is written. */
export const formatStatusRange = ({ from, to }: StatusRange): string => (from === to ? `${from}` : `${from}-${to}`);
