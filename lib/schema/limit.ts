/** `limit` of a load balancer: how many requests its servers get at once, and who waits for how long and in which order. */
import { z } from 'zod';
import { byteSize, positiveDuration } from '../source/scalars.js';
import { headerName } from './text.js';

/** What the data plane can hold; native/exchange/snapshot_bytes.cc refuses more. */
const mostWaiting = 65_535;
const mostKeys = 65_535;
const mostWeight = 1000;
const mostQuantum = 2 ** 40;

/** Which part of a request is its key. A header and a claim have a name. */
export type LimitKey =
  { readonly kind: (typeof plainKeys)[number] } | { readonly kind: keyof typeof namedKeys; readonly name: string };

const plainKeys = ['clientIP', 'host', 'router'] as const;
/** What is written before a colon, and what may be behind it. */
const namedKeys = { header: headerName, claim: z.string().min(1).max(256) } as const;

/** The parts of a key as it is written; undefined when it is none. Kinds are compared without regard to case. */
export function limitKey(written: string): LimitKey | undefined {
  const text = written.trim();
  const colon = text.indexOf(':');
  if (colon < 0) {
    const kind = plainKeys.find((name) => name.toLowerCase() === text.toLowerCase());
    return kind === undefined ? undefined : { kind };
  }
  const [before, name] = [text.slice(0, colon).toLowerCase(), text.slice(colon + 1).trim()];
  const kind = before === 'header' || before === 'claim' ? before : undefined;
  return kind !== undefined && namedKeys[kind].safeParse(name).success ? { kind, name } : undefined;
}

const key = z.string().superRefine((written, context) => {
  if (limitKey(written) !== undefined) return;
  const message = 'must be clientIP, host, router, header:NAME or claim:NAME';
  context.addIssue({ code: 'custom', message, params: { code: 'FL2006', hint: 'header:X-Tenant' } });
});

const queue = z
  .strictObject({
    discipline: z.enum(['drr', 'fifo']).prefault('drr').meta({
      description:
        'Who is next: `drr` serves the keys in turn (deficit round robin), `fifo` whoever has waited longest.',
    }),
    key: key.prefault('clientIP').meta({
      description: 'What requests are told apart by: `clientIP`, `host`, `router`, `header:NAME` or `claim:NAME`.',
    }),
    weights: z
      .record(z.string(), z.int().min(1).max(mostWeight))
      .prefault({})
      .meta({ description: 'Keys that get more than others in each turn, by their value; 1 for all others.' }),
    quantum: byteSize
      .refine((value) => value >= 1 && value <= mostQuantum, {
        error: 'must be at least 1 and at most 1 TiB',
        params: { code: 'FL2005' },
      })
      .optional()
      .meta({ description: 'What a key of weight 1 may send in one turn: 1 request, or 64 KiB where bytes count.' }),
    cost: z.enum(['requests', 'bytes']).prefault('requests').meta({
      description: 'What a request costs its key: 1, or the bytes of its body (1 KiB at least).',
    }),
    maxLength: z.int().min(0).max(mostWaiting).prefault(1024).meta({
      description: 'Requests that may wait; of one too many the key with the most waiting loses its last one. 0: none.',
    }),
    maxWait: positiveDuration
      .prefault('2s')
      .meta({ description: 'How long a request may wait before it is answered 503; 0 sets no limit.' }),
    maxKeys: z.int().min(1).max(mostKeys).prefault(1024).meta({
      description: 'Keys told apart at once; further ones share the key `other`.',
    }),
  })
  .superRefine(({ weights, maxKeys }, context) => {
    const named = Object.keys(weights).length;
    if (named <= maxKeys) return;
    const message = `must not be less than the ${named} keys that have a weight`;
    context.addIssue({ code: 'custom', message, path: ['maxKeys'], params: { code: 'FL2005' } });
  });

/** The schema of `limit`. */
export const limit = z.strictObject({
  concurrency: z.int().min(1).max(1_000_000).meta({
    description:
      'Requests at the servers at once, over all servers and workers; upgraded connections count until they end.',
  }),
  queue: queue.prefault({}).meta({ description: 'Where further requests wait.' }),
});
export type ServiceLimit = z.output<typeof limit>;
