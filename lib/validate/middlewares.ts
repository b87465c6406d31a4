/** `http.middlewares`: what the schema of one type cannot see, the files it names. */
import type { Diagnostic } from '../diagnostics/diagnostic.js';
import { withFindings } from '../merge/item.js';
import type { Item, MiddlewareConfig } from '../merge/model.js';
import { isMapping } from '../source/path.js';
import { forEach, type Work } from '../work.js';
import type { CertificateContext } from './certificates.js';
import { checkPair } from './key-pairs.js';
import { authorityFindings } from './transports.js';

export function* checkMiddlewares(
  middlewares: ReadonlyMap<string, Item<MiddlewareConfig>>,
  context: CertificateContext,
): Work<ReadonlyMap<string, Item<MiddlewareConfig>>> {
  const checked = new Map<string, Item<MiddlewareConfig>>();
  yield* forEach(middlewares, ([name, item]) => checked.set(name, withFindings(item, tlsFindings(item, context))));
  return checked;
}

/** Findings about the client TLS options that a middleware may have below `<type>.tls` (forwardAuth). */
function tlsFindings(item: Item<MiddlewareConfig>, { files, now }: CertificateContext): readonly Diagnostic[] {
  const { kind = '', options } = item.config ?? {};
  const tls = options?.['tls'];
  if (!isMapping(tls)) return [];
  const { ca, cert, key } = tls;
  const findings = typeof ca === 'string' ? [...authorityFindings(files, item, ca, [kind, 'tls', 'ca'])] : [];
  if (typeof cert !== 'string' || typeof key !== 'string') return findings;
  const at = [kind, 'tls'];
  const pair = { certificate: { value: cert, at: [...at, 'cert'] }, key: { value: key, at: [...at, 'key'] } };
  return [...findings, ...checkPair(item, pair, files, now).diagnostics];
}
