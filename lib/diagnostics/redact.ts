/** Keeps secrets out of messages, excerpts and the API: by the name of the key, and by the look of the value. */

/** What stands in place of a secret. */
export const redacted = '<redacted>';

const secretName =
  /(^|[._-])users$|^users$|passw(or)?d|passphrase|secret|token$|^token|api[-_]?key|private[-_]?key|hmac|credential|^authorization$|^proxy-authorization$|^cookie$|^set-cookie$/i;

/** Whether the value of a key of this name is a secret: passwords, tokens, user lists, key material. */
export function isSecretKey(name: string): boolean {
  return secretName.test(name);
}

/** Whether any key on the way to a value is the name of a secret. */
export function isSecretPath(path: readonly (string | number)[]): boolean {
  return path.some((part) => typeof part === 'string' && isSecretKey(part));
}

// Each pattern begins where its run of characters begins, so that a long text costs time in proportion to its length.
const masks: readonly (readonly [RegExp, string])[] = [
  // user:password@ in addresses
  [/((?<![a-z0-9+.-])[a-z0-9+.-]+:\/\/)[^\s/@"']+@/gi, `$1${redacted}@`],
  // password hashes of basic and digest authentication, with the user name before them
  [/(?<![^\s"',:[\]{}])[^\s"',:[\]{}]+:(?:\$(?:apr1|2[abxy]|1|5|6)\$|\{SHA\})[^\s"',\]}]*/g, redacted],
  [/(?:\$(?:apr1|2[abxy]|1|5|6)\$|\{SHA\})[^\s"',\]}]*/g, redacted],
  // key material
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g, redacted],
];

/** The text without what looks like a secret, whatever its key is called. */
export function redactText(text: string): string {
  let clean = text;
  for (const [pattern, replacement] of masks) clean = clean.replace(pattern, replacement);
  return clean;
}
