/** Which certificate a client is shown, and why that one. */
import type { NativeAnswer } from '../engine/answer.js';
import type { NativeQuestion } from '../engine/binding.js';
import type { CertificateItem, Configuration } from '../merge/model.js';
import type { ShownCertificate } from './explanation.js';
import { placed } from './explain.js';

/** The certificate of a TLS handshake. */
export function shownCertificate(
  { certificate, servesTls }: NativeAnswer,
  { serverName, entryPoint }: NativeQuestion,
  { tls }: Configuration,
): ShownCertificate {
  if (servesTls === false)
    return { because: `no router serves TLS on entry point "${entryPoint}": no handshake succeeds` };
  const { options, index, fallback, names = [] } = certificate ?? {};
  const asked = serverName === '' ? 'the client names no server' : `the client asks for "${serverName}"`;
  if (options === undefined) return { because: `${asked}, whose TLS options are broken: the handshake is refused` };
  if (index === undefined) {
    return {
      options,
      because: `${asked}, which no certificate is for, and the options say sniStrict: the handshake is refused`,
    };
  }
  const item = itemOf(index, fallback === true, tls);
  const facts = item?.resolved;
  return {
    names,
    because: fallback === true ? `${asked}, which no certificate is for: the default certificate` : asked,
    options,
    ...(facts !== undefined && { notAfter: facts.notAfter.toISOString(), fingerprint: facts.fingerprint }),
    ...placed(item),
  };
}

/** The order of lib/compile/tls.ts: those that are served, then the default one, which may be generated. */
function itemOf(index: number, fallback: boolean, tls: Configuration['tls']): CertificateItem | undefined {
  const served = tls.certificates.filter(({ status, resolved }) => status !== 'disabled' && resolved !== undefined);
  return fallback || index >= served.length ? tls.defaultCertificate : served[index];
}
