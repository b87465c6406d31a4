/** TLS vocabulary: the names Traefik users write (Go's) and what the data plane's library understands (OpenSSL's). */

/** Protocol versions by Traefik's names, as they are on the wire. */
export const tlsVersions: Readonly<Record<string, number>> = {
  VersionTLS10: 0x0301,
  VersionTLS11: 0x0302,
  VersionTLS12: 0x0303,
  VersionTLS13: 0x0304,
};

/** Suites up to TLS 1.2 by Go's names, and by OpenSSL's. */
const suites: Readonly<Record<string, string>> = {
  TLS_RSA_WITH_3DES_EDE_CBC_SHA: 'DES-CBC3-SHA',
  TLS_RSA_WITH_AES_128_CBC_SHA: 'AES128-SHA',
  TLS_RSA_WITH_AES_256_CBC_SHA: 'AES256-SHA',
  TLS_RSA_WITH_AES_128_CBC_SHA256: 'AES128-SHA256',
  TLS_RSA_WITH_AES_128_GCM_SHA256: 'AES128-GCM-SHA256',
  TLS_RSA_WITH_AES_256_GCM_SHA384: 'AES256-GCM-SHA384',
  TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA: 'ECDHE-ECDSA-AES128-SHA',
  TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA: 'ECDHE-ECDSA-AES256-SHA',
  TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA: 'ECDHE-RSA-AES128-SHA',
  TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA: 'ECDHE-RSA-AES256-SHA',
  TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256: 'ECDHE-ECDSA-AES128-SHA256',
  TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256: 'ECDHE-RSA-AES128-SHA256',
  TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256: 'ECDHE-ECDSA-AES128-GCM-SHA256',
  TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256: 'ECDHE-RSA-AES128-GCM-SHA256',
  TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384: 'ECDHE-ECDSA-AES256-GCM-SHA384',
  TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384: 'ECDHE-RSA-AES256-GCM-SHA384',
  TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256: 'ECDHE-ECDSA-CHACHA20-POLY1305',
  TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256: 'ECDHE-RSA-CHACHA20-POLY1305',
  TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305: 'ECDHE-ECDSA-CHACHA20-POLY1305',
  TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305: 'ECDHE-RSA-CHACHA20-POLY1305',
};

/** Names that may be listed and change nothing: TLS 1.3 chooses its suites itself, the fallback is a signal. */
const ignoredSuites: ReadonlySet<string> = new Set([
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'TLS_FALLBACK_SCSV',
]);

/** Broken suites that Go still names and the data plane does not have. */
const refusedSuites: ReadonlySet<string> = new Set([
  'TLS_RSA_WITH_RC4_128_SHA',
  'TLS_ECDHE_ECDSA_WITH_RC4_128_SHA',
  'TLS_ECDHE_RSA_WITH_RC4_128_SHA',
  'TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA',
]);

/** Groups by the names Traefik accepts. */
const curves: Readonly<Record<string, string>> = {
  CurveP256: 'P-256',
  secp256r1: 'P-256',
  CurveP384: 'P-384',
  secp384r1: 'P-384',
  CurveP521: 'P-521',
  secp521r1: 'P-521',
  X25519: 'X25519',
  x25519: 'X25519',
  X25519MLKEM768: 'X25519MLKEM768',
  x25519mlkem768: 'X25519MLKEM768',
  SecP256r1MLKEM768: 'SecP256r1MLKEM768',
  secp256r1mlkem768: 'SecP256r1MLKEM768',
  SecP384r1MLKEM1024: 'SecP384r1MLKEM1024',
  secp384r1mlkem1024: 'SecP384r1MLKEM1024',
};

/** Names that can be written where a suite is asked for; for messages. */
export const suiteNames: readonly string[] = [...Object.keys(suites), ...ignoredSuites];
/** Names that can be written where a curve is asked for; for messages. */
export const curveNames: readonly string[] = Object.keys(curves);

/** A list in OpenSSL's notation, or the first name that is unknown or cannot be used. */
export type Translated =
  { readonly list: string; readonly unknown?: never } | { readonly unknown: string; readonly refused: boolean };

/** Suites in the order given, each once. An empty list stands for the library's choice. */
export function cipherList(names: readonly string[]): Translated {
  const list = new Set<string>();
  for (const name of names) {
    if (ignoredSuites.has(name)) continue;
    const suite = Object.hasOwn(suites, name) ? suites[name] : undefined;
    if (suite === undefined) return { unknown: name, refused: refusedSuites.has(name) };
    list.add(suite);
  }
  return { list: [...list].join(':') };
}

/** Curves in the order given, each once. */
export function curveList(names: readonly string[]): Translated {
  const list = new Set<string>();
  for (const name of names) {
    const curve = Object.hasOwn(curves, name) ? curves[name] : undefined;
    if (curve === undefined) return { unknown: name, refused: false };
    list.add(curve);
  }
  return { list: [...list].join(':') };
}
