import type { Document, Origin } from './origin.js';

/** A document for plain data that was never text: handed over by an embedding program, or made by Fairlead itself. */
export function objectDocument(value: unknown, owner: string): Document {
  const origin: Origin = { kind: 'object', owner };
  return { value, origin: () => origin };
}
