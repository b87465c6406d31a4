/** What the steps of one compilation share. */
import type { InstallConfiguration } from '../install/schema.js';
import type { Configuration } from '../merge/model.js';
import { AppError } from '../errors.js';
import { Numbering } from './numbering.js';
import { RuleTables } from './rule/instruction.js';
import type { health } from '../snapshot/records.js';
import type { Value } from '../snapshot/wire.js';

/** What is asked for by name and stored by index. */
export interface Numberings {
  readonly services: Numbering;
  readonly middlewares: Numbering;
  readonly transports: Numbering;
  readonly tlsOptions: Numbering;
  /** By their values. */
  readonly timeouts: Numbering;
}

/** What everything is compiled with. */
export interface Scope extends Numberings {
  readonly configuration: Configuration;
  readonly install: InstallConfiguration;
  /** Unix socket of the admin API. */
  readonly adminSocket: string;
  readonly rules: RuleTables;
  /** How load balancers watch their servers. Grows while services are compiled. */
  readonly health: Value<typeof health>[];
}

/** A scope in which nothing has been asked for yet. `before` are the numberings of the configuration before. */
export function newScope(
  configuration: Configuration,
  install: InstallConfiguration,
  adminSocket: string,
  before?: Numberings,
): Scope {
  return {
    configuration,
    install,
    adminSocket,
    services: new Numbering(before?.services),
    middlewares: new Numbering(before?.middlewares),
    transports: new Numbering(before?.transports),
    tlsOptions: new Numbering(before?.tlsOptions),
    timeouts: new Numbering(before?.timeouts),
    rules: new RuleTables(flattensHosts(install)),
    health: [],
  };
}

/** The numberings of a scope, without what was numbered. */
export const numberingsOf = ({ services, middlewares, transports, tlsOptions, timeouts }: Scope): Numberings => ({
  services,
  middlewares,
  transports,
  tlsOptions,
  timeouts,
});

/** Without a look-up every host is what it is. */
const flattensHosts = ({ hostResolver }: InstallConfiguration): boolean =>
  hostResolver !== undefined && hostResolver.cnameFlattening && hostResolver.resolvDepth > 0;

/** What `validate` has promised to be there. */
export function promised<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new AppError('ERR_FAIRLEAD_INTERNAL', `${what} is served but was not resolved`);
  return value;
}
