/** `tls.certificates` and the certificate of the store `default`. */
import type { Diagnostic } from '../diagnostics/diagnostic.js';
import { placeOf } from '../diagnostics/render.js';
import { makeItem, originOf, withFindings } from '../merge/item.js';
import type { CertificateItem, Configuration, Item } from '../merge/model.js';
import type { FileRead } from '../schema/loaded.js';
import type { TlsCertificate, TlsStore } from '../schema/tls.js';
import type { Path } from '../source/origin.js';
import { valueAt } from '../source/path.js';
import { findingOn } from './finding.js';
import { type CheckedPair, checkPair } from './key-pairs.js';

/** What the checks of certificates need besides the configuration. */
export interface CertificateContext {
  readonly files: ReadonlyMap<string, FileRead>;
  readonly now: Date;
  /** The configuration in use: a pair that is being replaced on the disk is taken from it. */
  readonly previous?: Configuration | undefined;
}

/** All certificates checked, in Traefik's order of search: greatest list of names first; equal lists keep their order. */
export function checkCertificates(
  items: readonly CertificateItem[],
  context: CertificateContext,
): readonly CertificateItem[] {
  const old = new Map(context.previous?.tls.certificates.map((item) => [identityOf(item), item]));
  const checked = items.map((item) => checkCertificate(item, context, old.get(identityOf(item))));
  const keyed = checked.map((item) => ({ item, key: [...(item.resolved?.names ?? [])].sort().join(',') }));
  keyed.sort((a, b) => (a.key > b.key ? -1 : a.key < b.key ? 1 : 0));
  return keyed.map(({ item, key }, index) => {
    const before = keyed[index - 1];
    return before?.key === key && key !== '' ? withFindings(item, [twice(item, before.item)]) : item;
  });
}

function twice(item: CertificateItem, first: CertificateItem): Diagnostic {
  const message = `a certificate for the same names stands in ${placeOf(originOf(first))}`;
  return findingOn(item, 'FL5007', { message, effect: 'the first one is served' });
}

/** The certificate of the store `default`, as an item of its own; undefined when there is none to check. */
export function checkDefaultCertificate(
  stores: ReadonlyMap<string, Item<TlsStore>>,
  context: CertificateContext,
): CertificateItem | undefined {
  const store = stores.get('default');
  const config = store?.config?.defaultCertificate;
  if (store === undefined || config === undefined || store.status === 'disabled') return undefined;
  const { provider, document, path } = store;
  const name = 'tls.stores.default.defaultCertificate';
  const [raw, at] = [valueAt(store.raw, ['defaultCertificate']), [...path, 'defaultCertificate']];
  const item = makeItem<TlsCertificate>({ name, provider, config, raw, document, path: at });
  return checkCertificate(item, context, context.previous?.tls.defaultCertificate);
}

/** Stores other than `default` exist for nobody. */
export function checkStores(stores: ReadonlyMap<string, Item<TlsStore>>): ReadonlyMap<string, Item<TlsStore>> {
  const remark = { message: 'only the certificate store "default" is used', effect: 'this store is ignored' };
  return new Map(
    [...stores].map(([name, item]) => [
      name,
      name === 'default' ? item : withFindings(item, [findingOn(item, 'FL5014', remark)]),
    ]),
  );
}

function checkCertificate(
  item: CertificateItem,
  context: CertificateContext,
  old: CertificateItem | undefined,
): CertificateItem {
  const { config } = item;
  if (config === undefined) return item;
  if (config.stores !== undefined && config.stores.length > 0 && !config.stores.includes('default')) {
    const message = `certificate store "${config.stores[0] ?? ''}" is not used, only "default" is`;
    return withFindings(item, [findingOn(item, 'FL5014', { message, at: ['stores'], severity: 'error' })]);
  }
  const checked = checkPair(item, pairOptions(config, []), context.files, context.now);
  if (checked.pair !== undefined) return { ...withFindings(item, checked.diagnostics), resolved: checked.pair };
  return old?.resolved === undefined || identityOf(old) !== identityOf(item)
    ? withFindings(item, checked.diagnostics)
    : { ...withFindings(item, softened(checked)), resolved: old.resolved };
}

/** A pair that cannot be used while the one read before can: nothing is lost yet. */
const softened = ({ diagnostics }: CheckedPair): readonly Diagnostic[] =>
  diagnostics.map((diagnostic) => ({
    ...diagnostic,
    severity: 'warning',
    effect: 'the certificate read before stays in use',
  }));

const identityOf = ({ provider, config }: CertificateItem): string =>
  JSON.stringify([provider, config?.certFile, config?.keyFile]);

type Pair = { readonly certFile: string; readonly keyFile: string };

const pairOptions = ({ certFile, keyFile }: Pair, at: Path) => ({
  certificate: { value: certFile, at: [...at, 'certFile'] },
  key: { value: keyFile, at: [...at, 'keyFile'] },
});

/** Findings about pairs of other objects: client certificates of transports. */
export function checkClientPairs(
  item: Item<unknown>,
  pairs: readonly Pair[],
  { files, now }: CertificateContext,
): readonly Diagnostic[] {
  return pairs.flatMap(
    (pair, index) => checkPair(item, pairOptions(pair, ['certificates', index]), files, now).diagnostics,
  );
}
