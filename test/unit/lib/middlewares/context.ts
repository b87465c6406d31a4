import { createHash } from 'node:crypto';
import type { LowerContext } from '../../../../lib/middlewares/define.js';

/** What lowering sees in these tests: the "content" of an option is the option, in brackets. */
export const context: LowerContext = {
  name: 'sample@file',
  identity: (...values) => createHash('sha256').update(JSON.stringify(values)).digest().readBigUInt64LE(0),
  content: (text) => `<${text}>`,
};
