/**
 * Whether the objects of a configuration fit together. Every finding is reported at once; each error disables the
 * smallest object it concerns and those that cannot do without it.
 */
import type { Configuration } from '../merge/model.js';
import type { Settings } from '../merge/settings.js';
import { type CertificateContext, checkCertificates, checkDefaultCertificate, checkStores } from './certificates.js';
import { checkMiddlewares } from './middlewares.js';
import { checkRouters } from './routers.js';
import { checkServices } from './services.js';
import { settleTlsHosts } from './tls-hosts.js';
import { checkTlsOptions } from './tls-options.js';
import { checkTransports } from './transports.js';
import { markUnreachable } from './unreachable.js';
import { withUsage } from './usage.js';

/** What the checks ask of their surroundings. */
export interface ValidateOptions {
  /** Against which the dates of certificates are compared. */
  readonly now: Date;
  /** The configuration in use, from which a key pair is kept while it is being replaced on the disk. */
  readonly previous?: Configuration | undefined;
}

/** The configuration with statuses, reasons and resolved names. Pure; the input is left as it is. */
export function validate(
  configuration: Configuration,
  settings: Settings,
  { now, previous }: ValidateOptions,
): Configuration {
  const context: CertificateContext = { files: configuration.files, now, previous };
  const serversTransports = checkTransports(configuration.serversTransports, context);
  const middlewares = checkMiddlewares(configuration.middlewares, context);
  const services = checkServices(configuration.services, { middlewares, transports: serversTransports });
  const options = checkTlsOptions(configuration.tls.options);
  const stores = checkStores(configuration.tls.stores);
  const resolved = checkRouters(configuration.routers, { settings, services, middlewares });
  const { routers, hosts, refusedHosts } = settleTlsHosts(resolved, options);
  const defaultCertificate = checkDefaultCertificate(stores, context);
  return withUsage({
    ...configuration,
    routers: markUnreachable(routers),
    services,
    middlewares,
    serversTransports,
    tls: {
      certificates: checkCertificates(configuration.tls.certificates, context),
      ...(defaultCertificate !== undefined && { defaultCertificate }),
      options,
      stores,
      hosts,
      refusedHosts,
    },
  });
}
