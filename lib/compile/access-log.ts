/** The access log of the snapshot; it is written by the data plane. */
import type { AccessLogSettings } from '../install/log.js';
import type { accessLog } from '../snapshot/records.js';
import type { Value } from '../snapshot/wire.js';

type WireAccessLog = Value<typeof accessLog>;

const formats = { common: 0, genericCLF: 1, json: 2 } as const;
const modes = { drop: 0, keep: 1, redact: 2 } as const;

const disabled: WireAccessLog = {
  enabled: false,
  format: formats.common,
  retryAttempts: false,
  addInternals: false,
  dropQuery: false,
  fieldsDefault: modes.keep,
  headersDefault: modes.drop,
  path: '',
  minDuration: 0,
  statusCodes: [],
  fields: [],
  headers: [],
};

/** Compiles the settings; header names become lower case. */
export function compileAccessLog(settings: AccessLogSettings | undefined): WireAccessLog {
  if (settings === undefined) return disabled;
  const { fields, filters } = settings;
  return {
    enabled: true,
    format: formats[settings.format],
    retryAttempts: filters?.retryAttempts ?? false,
    addInternals: settings.addInternals,
    dropQuery: fields.queryParameters.defaultMode === 'drop',
    fieldsDefault: modes[fields.defaultMode],
    headersDefault: modes[fields.headers.defaultMode],
    path: settings.filePath ?? '',
    minDuration: filters?.minDuration ?? 0,
    statusCodes: filters?.statusCodes ?? [],
    fields: Object.entries(fields.names).map(([name, mode]) => ({ name, mode: modes[mode] })),
    headers: Object.entries(fields.headers.names).map(([name, mode]) => ({
      name: name.toLowerCase(),
      mode: modes[mode],
    })),
  };
}
