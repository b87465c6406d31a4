/** TLS versions, cipher suites and groups, of `tls.options` and of transports. */
import type { Diagnostic } from '../diagnostics/diagnostic.js';
import { didYouMean } from '../diagnostics/suggest.js';
import { withFindings } from '../merge/item.js';
import type { Item } from '../merge/model.js';
import type { TlsOptions } from '../schema/tls.js';
import { cipherList, curveList, curveNames, suiteNames, tlsVersions } from '../schema/tls-names.js';
import { findingOn } from './finding.js';

/** The keys that TLS options and transports share. */
export interface TlsParameters {
  readonly minVersion?: string | undefined;
  readonly maxVersion?: string | undefined;
  readonly cipherSuites: readonly string[];
  readonly curvePreferences?: readonly string[];
}

/** All TLS options checked: names of versions, suites and curves, and what follows from them. */
export function checkTlsOptions(options: ReadonlyMap<string, Item<TlsOptions>>): ReadonlyMap<string, Item<TlsOptions>> {
  return new Map(
    [...options].map(([name, item]) => [
      name,
      item.config === undefined ? item : withFindings(item, tlsParameterFindings(item, item.config)),
    ]),
  );
}

/** Everything that is wrong with versions, suites and groups. */
export function tlsParameterFindings(item: Item<unknown>, parameters: TlsParameters): readonly Diagnostic[] {
  return [...versions(item, parameters), ...suites(item, parameters), ...curves(item, parameters)];
}

function versions(item: Item<unknown>, { minVersion, maxVersion }: TlsParameters): readonly Diagnostic[] {
  const known = (version: string | undefined): number | undefined =>
    version === undefined ? undefined : tlsVersions[version];
  const unknown = Object.entries({ minVersion, maxVersion }).filter(
    ([, value]) => value !== undefined && known(value) === undefined,
  );
  const findings = unknown.map(([key, value = '']) =>
    findingOn(item, 'FL5010', {
      message: `"${key}" is no TLS version: ${JSON.stringify(value.slice(0, 40))}`,
      at: [key],
      hint: didYouMean(value, Object.keys(tlsVersions)) ?? `one of ${Object.keys(tlsVersions).join(', ')}`,
      effect: key === 'minVersion' ? 'TLS 1.2 is the lowest version' : 'TLS 1.3 is the highest version',
    }),
  );
  const [min, max] = [known(minVersion), known(maxVersion)];
  if (min === undefined || max === undefined || min <= max) return findings;
  const message = `TLS minimum version "${minVersion ?? ''}" is above the maximum version "${maxVersion ?? ''}"`;
  return [...findings, findingOn(item, 'FL5015', { message, at: ['minVersion'] })];
}

function suites(item: Item<unknown>, { cipherSuites }: TlsParameters): readonly Diagnostic[] {
  return cipherSuites.flatMap((suite, index) => {
    const translated = cipherList([suite]);
    if (translated.unknown === undefined) return [];
    const at = ['cipherSuites', index];
    if (translated.refused)
      return [
        findingOn(item, 'FL5016', {
          message: `cipher suite "${suite}" is broken and not offered`,
          at,
          hint: 'leave it out',
        }),
      ];
    return [
      findingOn(item, 'FL5011', { message: `invalid CipherSuite: ${suite}`, at, hint: didYouMean(suite, suiteNames) }),
    ];
  });
}

function curves(item: Item<unknown>, { curvePreferences = [] }: TlsParameters): readonly Diagnostic[] {
  return curvePreferences.flatMap((curve, index) => {
    if (curveList([curve]).unknown === undefined) return [];
    const hint =
      didYouMean(curve, curveNames) ?? `one of ${curveNames.filter((name) => /^[A-Z]/.test(name)).join(', ')}`;
    return [
      findingOn(item, 'FL5012', {
        message: `invalid CurveID in curvePreferences: ${curve}`,
        at: ['curvePreferences', index],
        hint,
      }),
    ];
  });
}
