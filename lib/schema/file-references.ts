/** Options that hold PEM or the path of a file with it (Traefik: FileOrContent), found before anything is decoded. */
import { isMapping } from '../source/path.js';

/** Where such options stand, in lower case; `*` is any name or index. */
const places: readonly (readonly string[])[] = [
  'http.serverstransports.*.rootcas.*',
  'http.serverstransports.*.certificates.*.certfile',
  'http.serverstransports.*.certificates.*.keyfile',
  'http.middlewares.*.forwardauth.tls.ca',
  'http.middlewares.*.forwardauth.tls.cert',
  'http.middlewares.*.forwardauth.tls.key',
  'tls.certificates.*.certfile',
  'tls.certificates.*.keyfile',
  'tls.stores.*.defaultcertificate.certfile',
  'tls.stores.*.defaultcertificate.keyfile',
].map((place) => place.split('.'));

/** Every path that a dynamic configuration names, each once. Texts with PEM in them are not paths. */
export function fileReferences(root: unknown): readonly string[] {
  const found = new Set<string>();
  for (const place of places) collect(root, place, found);
  return [...found];
}

function collect(value: unknown, [part, ...rest]: readonly string[], found: Set<string>): void {
  if (part === undefined || (rest.length === 0 && part === '*' && typeof value === 'string')) {
    // A list may be written as one text with commas.
    if (typeof value === 'string')
      for (const path of part === '*' ? value.split(',') : [value]) add(path.trim(), found);
    return;
  }
  if (Array.isArray(value)) {
    if (part === '*') for (const item of value) collect(item, rest, found);
  } else if (isMapping(value)) {
    for (const key of Object.keys(value))
      if (part === '*' || key.toLowerCase() === part) collect(value[key], rest, found);
  }
}

function add(path: string, found: Set<string>): void {
  if (path !== '' && !path.includes('-----BEGIN ')) found.add(path);
}
