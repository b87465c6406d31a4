/** Scalars of one line, as the core schema of YAML 1.2 reads them. */

/** Wraps nothing: null is a value here, so doubt is undefined. */
type Scalar = string | number | bigint | boolean | null;

const doubleQuoted = /^"([^"\\]*)"(?: +#.*)?$/s;
const singleQuoted = /^'((?:[^']|'')*)'(?: +#.*)?$/s;

/** The value of what stands on one line; undefined when in doubt. */
export function plainScalar(written: string): Scalar | undefined {
  switch (written.charCodeAt(0)) {
    case 0x22:
      return doubleQuoted.exec(written)?.[1];
    case 0x27:
      return singleQuoted.exec(written)?.[1]?.replaceAll("''", "'");
    default:
      return unquoted(written);
  }
}

const comment = / +#.*$/s;
/** A plain scalar may hold no ": " and no " #", and may not begin with an indicator. */
const unquotable = /^[-?:,[\]{}#&*!|>'"%@`]|: |:$| #/;
/** Beginnings at which "-", "?" and ":" are part of the scalar. */
const dashed = /^[-?:][^\s\-?:,[\]{}#&*!|>'"%@`]/;

/** First characters of texts, and of the few words that are none. */
const isLetter = (character: number): boolean => (character | 0x20) >= 0x61 && (character | 0x20) <= 0x7a;
const colon = 0x3a;

function unquoted(written: string): Scalar | undefined {
  // Most are this; below it is decided by half a dozen patterns.
  if (isLetter(written.charCodeAt(0)) && written.length > longestWord) {
    const isPlain =
      !written.includes(': ') && !written.includes(' #') && written.charCodeAt(written.length - 1) !== colon;
    return isPlain ? written : whole(written);
  }
  return whole(written);
}

function whole(written: string): Scalar | undefined {
  const text = written.replace(comment, '');
  const body = dashed.test(text) ? text.slice(1) : text;
  return unquotable.test(body) || body === '' ? undefined : resolve(text);
}

/** Of the words that are no text. */
const longestWord = 5;

const numeric = /^[-+.\d]/;
const words: ReadonlyMap<string, boolean | null> = new Map([
  ...['true', 'True', 'TRUE'].map((word) => [word, true] as const),
  ...['false', 'False', 'FALSE'].map((word) => [word, false] as const),
  ...['null', 'Null', 'NULL', '~'].map((word) => [word, null] as const),
]);

function resolve(text: string): Scalar | undefined {
  const word = words.get(text);
  if (word !== undefined) return word;
  return numeric.test(text) ? number(text) : text;
}

/** Numbers in plain decimal notation; everything that merely begins like a number is left to the other reader. */
function number(text: string): Scalar | undefined {
  if (/^[-+]?\d{1,15}$/.test(text)) return Number(text);
  if (/^\d{1,10}\.\d{1,5}$/.test(text)) return Number(text);
  // Durations, addresses and versions are text.
  return /^\d+(?:ns|us|ms|s|m|h)$|^\d+\.\d+\.\d+[\d./:]*$|^\.{0,2}\/[\w./-]*$/.test(text) ? text : undefined;
}
