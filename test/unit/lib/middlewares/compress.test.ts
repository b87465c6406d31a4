import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { z } from 'zod';
import { compress } from '../../../../lib/middlewares/compress.js';
import { context } from './context.js';

const lowered = (written: z.input<typeof compress.schema>) => compress.lower(compress.schema.parse(written), context);

test('defaults', () => {
  assert.deepEqual(lowered({}), {
    minBytes: 1024,
    excluded: ['application/grpc', 'text/event-stream'],
    included: [],
    codings: [1, 2, 3],
    defaultCoding: 0,
  });
});

test('content types lose their parameters and their case', () => {
  assert.deepEqual(lowered({ excludedContentTypes: ['Image/PNG; q=1'] }).excluded.at(-1), 'image/png');
});

test('naming content types to include lifts every exclusion', () => {
  const { included, excluded } = lowered({ includedContentTypes: ['text/event-stream'] });
  assert.deepEqual([included, excluded], [['text/event-stream'], []]);
});

test('the order of the encodings is kept, each once', () => {
  const { codings, defaultCoding, minBytes } = lowered({
    encodings: ['zstd', 'gzip', 'zstd'],
    defaultEncoding: 'gzip',
    minResponseBodyBytes: 0,
  });
  assert.deepEqual([codings, defaultCoding, minBytes], [[3, 1], 1, 1024]);
});

test('what contradicts itself is refused', () => {
  for (const written of [
    { encodings: [] },
    { encodings: ['deflate'] },
    { encodings: ['gzip'], defaultEncoding: 'br' },
    { excludedContentTypes: ['text/html'], includedContentTypes: ['text/html'] },
    { excludedContentTypes: ['html'] },
    { minResponseBodyBytes: -1 },
  ]) {
    assert.equal(compress.schema.safeParse(written).success, false, JSON.stringify(written));
  }
});
