import { z } from 'zod';
import { mediaType } from '../schema/text.js';
import { list, record, text, u64, u8 } from '../snapshot/wire.js';
import { bare } from '../source/marks.js';
import { defineMiddleware } from './define.js';

/** Codings as numbers of the wire (native/middleware/accept_coding.h); 0 is none. */
const codings = { gzip: 1, br: 2, zstd: 3 } as const;
const coding = z.enum(['gzip', 'br', 'zstd']);

/** Never worth it: event streams must arrive at once, and gRPC compresses its own messages. */
const alwaysExcluded = ['application/grpc', 'text/event-stream'];

/** `Text/HTML; charset=utf-8` becomes `text/html`: parameters never decide. */
const typeOf = (contentType: string): string => (contentType.split(';')[0] ?? '').trim().toLowerCase();

/** `compress` (Traefik: Compress). */
export const compress = defineMiddleware({
  name: 'compress',
  summary: 'Compresses response bodies with gzip, Brotli or Zstandard.',
  schema: bare(
    z
      .strictObject({
        excludedContentTypes: z.array(mediaType).default([]).meta({
          description:
            'Content types of requests and responses that are never compressed. Excludes includedContentTypes.',
        }),
        includedContentTypes: z.array(mediaType).default([]).meta({
          description: 'The only content types that are compressed. Excludes excludedContentTypes.',
        }),
        minResponseBodyBytes: z.int().min(0).default(1024).meta({
          description: 'Smaller bodies are sent as they are. 0 means the default.',
        }),
        encodings: z.array(coding).min(1).default(['gzip', 'br', 'zstd']).meta({
          description: 'Codings on offer; the order decides between codings that the client likes equally.',
        }),
        defaultEncoding: coding.optional().meta({
          description: 'Coding for requests without Accept-Encoding, and for "*".',
        }),
      })
      .refine(
        ({ excludedContentTypes, includedContentTypes }) =>
          excludedContentTypes.length * includedContentTypes.length === 0,
        {
          error: 'excludedContentTypes and includedContentTypes options are mutually exclusive',
          path: ['includedContentTypes'],
          params: { hint: 'keep one of the two' },
        },
      )
      .refine(
        ({ defaultEncoding, encodings }) => defaultEncoding === undefined || encodings.includes(defaultEncoding),
        {
          error: 'unsupported default encoding: it is not among the encodings',
          path: ['defaultEncoding'],
          params: { hint: 'add it to "encodings", or take one of those' },
        },
      ),
  ),
  wire: record('Compress', {
    minBytes: u64,
    /** Media types in lower case. When `included` is not empty, `excluded` is. */
    excluded: list(text),
    included: list(text),
    /** Best first. */
    codings: list(u8),
    /** 0: no answer is compressed for a client that names no coding. */
    defaultCoding: u8,
  }),
  lower: (config) => ({
    minBytes: config.minResponseBodyBytes === 0 ? 1024 : config.minResponseBodyBytes,
    excluded:
      config.includedContentTypes.length > 0 ? [] : [...alwaysExcluded, ...config.excludedContentTypes.map(typeOf)],
    included: config.includedContentTypes.map(typeOf),
    codings: [...new Set(config.encodings)].map((name) => codings[name]),
    defaultCoding: config.defaultEncoding === undefined ? 0 : codings[config.defaultEncoding],
  }),
});
