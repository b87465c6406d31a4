/**
 * Whether the objects of a configuration fit together. Every finding is reported at once; each error disables the
 * smallest object it concerns and those that cannot do without it.
 */
import type { CertificateItem, Configuration, RouterItem, TlsModel } from '../merge/model.js';
import type { Settings } from '../merge/settings.js';
import { type CertificateContext, checkCertificates, checkDefaultCertificate, checkStores } from './certificates.js';
import { settleLayers } from './layers.js';
import { checkMiddlewares } from './middlewares.js';
import { type Refusal, refuse, withRefusals } from './refusals.js';
import { NameIndexes } from '../source/by-name.js';
import { Picked } from '../source/remembered.js';
import { finish, type Work } from '../work.js';
import { checkRouters, RouterMemory } from './routers.js';
import { checkServices, ServiceMemory } from './services.js';
import { settleTlsHosts } from './tls-hosts.js';
import { checkTlsOptions } from './tls-options.js';
import { checkTransports } from './transports.js';
import { RuleGroups } from './unreachable.js';
import { Usage } from './usage.js';

/** What the checks ask of their surroundings. */
export interface ValidateOptions {
  /** Against which the dates of certificates are compared. */
  readonly now: Date;
  /** The configuration in use, from which a key pair is kept while it is being replaced on the disk. */
  readonly previous?: Configuration | undefined;
  /** What the data plane refused of this very configuration; those objects and their dependents are disabled. */
  readonly refused?: readonly Refusal[] | undefined;
  /** What was worked out for the configuration before; nothing of what is the same is worked out again. */
  readonly memory?: ValidateMemory | undefined;
}

/** What validating remembers from one configuration to the next, under the same settings. */
export class ValidateMemory {
  readonly services = new ServiceMemory();
  readonly routers = new RouterMemory();
  readonly names = new NameIndexes();
  readonly rules = new RuleGroups();
  readonly usage = new Usage();
  readonly secure = new Picked<RouterItem>();
  readonly related = new Picked<RouterItem>();
}

/** The configuration with statuses, reasons and resolved names. Pure; the input is left as it is. */
export const validate = (configuration: Configuration, settings: Settings, options: ValidateOptions): Configuration =>
  finish(validating(configuration, settings, options));

/** As `validate`, in turns. */
export function* validating(
  configuration: Configuration,
  settings: Settings,
  options: ValidateOptions,
): Work<Configuration> {
  const { now, previous, refused = [], memory = new ValidateMemory() } = options;
  const context: CertificateContext = { files: configuration.files, now, previous };
  const transports = checkTransports(withRefusals('transport', configuration.serversTransports, refused), context);
  const middlewares = yield* checkMiddlewares(withRefusals('middleware', configuration.middlewares, refused), context);
  const named = { middlewares, transports };
  const services = yield* checkServices(
    withRefusals('service', configuration.services, refused),
    named,
    memory.services,
    memory.names.services,
  );
  const tls = checkTls(configuration.tls, context, refused);
  yield;
  const routerContext = { settings, services, middlewares };
  const resolved = yield* checkRouters(configuration.routers, routerContext, memory.routers, memory.names.routers);
  const { routers, hosts, refusedHosts, renamed } = yield* settleTlsHosts(
    resolved,
    tls.options,
    settings.entryPoints,
    memory.names.routers,
    memory.secure,
  );
  const layered = yield* settleLayers(withRefusals('router', routers, refused), renamed, memory.related);
  const checked = {
    ...configuration,
    routers: yield* memory.rules.markUnreachable(layered, settings.precedence),
    services,
    middlewares,
    serversTransports: transports,
    tls: { ...tls, hosts, refusedHosts },
  };
  return yield* memory.usage.of(checked, memory.names);
}

function checkTls(tls: TlsModel, context: CertificateContext, refused: readonly Refusal[]): TlsModel {
  const stores = checkStores(tls.stores);
  const reasons = new Map(
    refused.flatMap(({ kind, name, message }) => (kind === 'certificate' ? [[name, message]] : [])),
  );
  const refusable = (item: CertificateItem): CertificateItem => {
    const reason = reasons.get(item.name);
    return reason === undefined ? item : refuse(item, reason);
  };
  const defaultCertificate = checkDefaultCertificate(stores, context);
  return {
    ...tls,
    stores,
    options: checkTlsOptions(withRefusals('tlsOptions', tls.options, refused)),
    certificates: checkCertificates(tls.certificates, context).map(refusable),
    ...(defaultCertificate !== undefined && { defaultCertificate: refusable(defaultCertificate) }),
  };
}
