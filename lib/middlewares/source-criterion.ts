/** Which part of a request names its source, for the middlewares that count per source. */
import { z } from 'zod';
import { cidrOf } from '../snapshot/cidr.js';
import { cidr } from '../snapshot/records.js';
import { list, record, text, u32, u8, type Value } from '../snapshot/wire.js';
import { bare } from '../source/marks.js';
import { cidr as cidrText } from '../source/scalars.js';

/** How the client's address is found behind other proxies. */
export const ipStrategySchema = bare(
  z.strictObject({
    depth: z.int().min(0).default(0).meta({
      description: 'Take the address at this place of X-Forwarded-For, counted from the right; 0 takes the peer.',
    }),
    excludedIPs: z.array(cidrText).default([]).meta({
      description: 'Take the first address of X-Forwarded-For, from the right, that is in none of these networks.',
    }),
    ipv6Subnet: z.int().min(1).max(128).optional().meta({
      description: 'Bits of an IPv6 address that count: 64 treats a whole subnet as one source.',
    }),
  }),
);

/** An `ipStrategy` as the data plane reads it. */
export const ipStrategyWire = record('IpStrategy', {
  /** 0: not used. */
  depth: u32,
  excluded: list(cidr),
  /** 0: all bits count. */
  ipv6Bits: u32,
});

/** Lowers an ipStrategy; absent means the peer's address. */
export function lowerIpStrategy(config: z.output<typeof ipStrategySchema> | undefined): Value<typeof ipStrategyWire> {
  return {
    depth: config?.depth ?? 0,
    excluded: (config?.excludedIPs ?? []).map(cidrOf),
    ipv6Bits: config?.ipv6Subnet ?? 0,
  };
}

/** The schema of `sourceCriterion`: at most one way of naming a source. */
export const sourceCriterionSchema = z
  .strictObject({
    ipStrategy: ipStrategySchema.optional().meta({ description: 'How the client address is found.' }),
    requestHeaderName: z.string().min(1).optional().meta({ description: 'The value of this header is the source.' }),
    requestHost: z.boolean().default(false).meta({ description: 'The requested host is the source.' }),
  })
  .superRefine(({ ipStrategy, requestHeaderName, requestHost }, context) => {
    const exclusive = (a: string, b: string, at: string) => {
      const message = `${a} and ${b} are mutually exclusive`;
      context.addIssue({ code: 'custom', message, path: [at], params: { hint: 'keep one of the two' } });
    };
    if (ipStrategy !== undefined && requestHeaderName !== undefined)
      exclusive('iPStrategy', 'RequestHeaderName', 'requestHeaderName');
    if (ipStrategy !== undefined && requestHost) exclusive('iPStrategy', 'RequestHost', 'requestHost');
    if (requestHeaderName !== undefined && requestHost) exclusive('requestHost', 'RequestHeaderName', 'requestHost');
  });

/** Kinds: 0 client address, 1 header `header`, 2 host. */
export const sourceCriterionWire = record('SourceCriterion', { kind: u8, header: text, ip: ipStrategyWire });

/** Lowers a sourceCriterion; absent means the peer's address. */
export function lowerSourceCriterion(
  config: z.output<typeof sourceCriterionSchema> | undefined,
): Value<typeof sourceCriterionWire> {
  const header = config?.requestHeaderName ?? '';
  return {
    kind: header !== '' ? 1 : config?.requestHost === true ? 2 : 0,
    header,
    ip: lowerIpStrategy(config?.ipStrategy),
  };
}
