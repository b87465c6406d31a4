/** Names of objects across providers (Traefik: provider namespace). */

/** The name that everybody uses for what `provider` calls `name`. */
export const qualifiedName = (name: string, provider: string): string => `${name}@${provider}`;

/** What `name` means when something of `provider` says it: `x` is `x@provider`, `x@other` is itself. */
export const resolveName = (name: string, provider: string): string =>
  name.includes('@') ? name : qualifiedName(name, provider);

/** As `resolveName`, for TLS options and stores, whose `default` belongs to nobody. */
export const resolveTlsName = (name: string | undefined, provider: string): string =>
  name === undefined || name === '' || name === 'default' ? 'default' : resolveName(name, provider);

/** Objects that Fairlead makes itself. */
export const internal = 'internal';

/** `default@internal`: the transport of services that name none. */
export const defaultTransportName = qualifiedName('default', internal);
