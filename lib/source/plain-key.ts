/** Keys of one line that mean the same to everybody. */

/** What a key is written like, for a regular expression: its name is in the first group when it is bare, else in one of the next two. */
export const writtenKey = /(?:([A-Za-z_][\w./@-]*)|"([^"\\]*)"|'([^']*)'):/.source;

/** A bare key that is no text. */
export const nullKey = /^(?:null|Null|NULL)$/;

/**
 * The key that `match` found, to be added to `mapping`; undefined where the library has something to say: about repeated keys, and
 * keys that are not text.
 */
export function plainKey(match: RegExpExecArray | null | undefined, mapping: object): string | undefined {
  const key = match?.[1] ?? match?.[2] ?? match?.[3];
  if (key === undefined || key === '__proto__' || Object.hasOwn(mapping, key)) return undefined;
  return nullKey.test(match?.[1] ?? '') ? undefined : key;
}
