/** Takes the text of a dynamic configuration through decode, merge and validate. */
import type { Diagnostic } from '../../../../lib/diagnostics/diagnostic.js';
import { decodeDynamic } from '../../../../lib/merge/decode.js';
import { merge } from '../../../../lib/merge/merge.js';
import { allDiagnostics, type Configuration } from '../../../../lib/merge/model.js';
import type { EntryPointSettings, Settings } from '../../../../lib/merge/settings.js';
import type { FileRead } from '../../../../lib/schema/loaded.js';
import { serversTransport } from '../../../../lib/schema/servers-transport.js';
import { parseText } from '../../../../lib/source/parse.js';
import { validate, type ValidateOptions } from '../../../../lib/validate/validate.js';

export const now = new Date('2026-06-01T00:00:00Z');

/** An entry point for the tests; `websecure`-like ones take `tls`. */
export const entryPoint = (name: string, port: number, more: Partial<EntryPointSettings> = {}): EntryPointSettings => ({
  name,
  port,
  protocol: 'tcp',
  asDefault: false,
  middlewares: [],
  origin: { kind: 'default' },
  ...more,
});

export function settings(more: Partial<Settings> = {}, ...entryPoints: readonly EntryPointSettings[]): Settings {
  const all = entryPoints.length > 0 ? entryPoints : [entryPoint('web', 80), entryPoint('websecure', 443)];
  return {
    entryPoints: new Map(all.map((one) => [one.name, one])),
    defaultRuleSyntax: 'v3',
    precedence: ['docker', 'file'],
    defaultTransport: serversTransport.parse({}),
    ...more,
  };
}

export interface Checked {
  readonly configuration: Configuration;
  readonly findings: readonly Diagnostic[];
}

export interface CheckOptions {
  readonly settings?: Settings;
  readonly files?: Readonly<Record<string, FileRead>>;
  readonly validate?: Partial<ValidateOptions>;
  readonly name?: string;
}

/** Checks the text of one file of the provider `file`. */
export function check(text: string, options: CheckOptions = {}): Checked {
  return checkAll({ file: { [options.name ?? 'dynamic.yml']: text } }, options);
}

/** Checks several files of several providers. */
export function checkAll(
  providers: Readonly<Record<string, Readonly<Record<string, string>>>>,
  options: CheckOptions = {},
): Checked {
  const files = new Map(Object.entries(options.files ?? {}));
  const syntax: Diagnostic[] = [];
  const fragments = Object.entries(providers).flatMap(([provider, texts]) =>
    Object.entries(texts).map(([name, text]) => {
      const { document, diagnostics } = parseText({ name, text });
      syntax.push(...diagnostics);
      if (document === undefined) throw new Error(`the test text is broken: ${diagnostics[0]?.message ?? ''}`);
      return decodeDynamic({ document, files, findings: [], broken: [] }, provider);
    }),
  );
  const used = options.settings ?? settings();
  const configuration = validate(merge(fragments, used), used, { now, ...options.validate });
  return { configuration, findings: [...syntax, ...allDiagnostics(configuration)] };
}

/** The place of a finding as `line:column`. */
export const placeOf = ({ origin }: Diagnostic): string =>
  origin.kind === 'text' ? `${origin.line}:${origin.column}` : origin.kind;
