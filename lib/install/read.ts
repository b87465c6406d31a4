/** Reads the install configuration from file, environment and flags, or from an object. */
import { availableParallelism } from 'node:os';
import { z } from 'zod';
import { type Diagnostic, diagnose, hasErrors } from '../diagnostics/diagnostic.js';
import { decode } from '../source/decode.js';
import { parseEnvironment } from '../source/environment.js';
import { readRegularFile } from '../source/files.js';
import { parseFlags } from '../source/flags.js';
import { interpolate } from '../source/interpolate.js';
import { mergeLayers } from '../source/layer.js';
import { maxReferencedFileSize } from '../source/limits.js';
import { objectDocument } from '../source/object.js';
import type { Document, Origin, Path, SourceText } from '../source/origin.js';
import { parseText } from '../source/parse.js';
import { isMapping, valueAt } from '../source/path.js';
import { type ObjectShape, shapeOf } from '../source/shape.js';
import { checkInstall } from './check.js';
import { derive } from './derive.js';
import { checkHostResolver } from './host-resolver.js';
import type { InstallResult } from './result.js';
import { install, type InstallConfiguration } from './schema.js';
import { type FilePorts, readNamed, searchFile } from './search.js';
import { installSections } from './sections.js';

/** The outside world as the install configuration sees it. */
export interface InstallPorts extends FilePorts {
  /** CPUs this process may use. */
  readonly cpus: number;
}

/** The real outside world. */
export function realInstallPorts(environment: Readonly<Record<string, string | undefined>>): InstallPorts {
  return {
    environment,
    workingDirectory: '.',
    cpus: availableParallelism(),
    readText: readRegularFile,
  };
}

const commandLine = install.extend({
  configFile: z.string().optional().meta({ description: 'Install file; without it the usual places are searched.' }),
});

/** Reads everything: the flags in `args`, `TRAEFIK_*` and `FAIRLEAD_*`, and the file they name or the search path has. */
export async function readInstall(args: readonly string[], ports: InstallPorts): Promise<InstallResult> {
  const shape = shapeOf(commandLine) as ObjectShape;
  const flags = parseFlags(args, shape);
  const environment = parseEnvironment(ports.environment, shape);
  const settings = [environment.document, flags.document].filter((document) => document !== undefined);
  const file = await readFile(settings, ports);
  const layers = [file.document, ...settings].filter((document) => document !== undefined);
  const [lowest = objectDocument({}, 'defaults'), ...others] = layers;
  const found = [...flags.diagnostics, ...environment.diagnostics, ...file.diagnostics];
  const result = await resolve(mergeLayers([lowest, ...others]), ports, found);
  const name = file.source?.name;
  return {
    ...result,
    diagnostics: [...result.diagnostics, ...(hasErrors(result.diagnostics) ? [] : noProvider(result.config, lowest))],
    ...(name !== undefined && { file: name }),
  };
}

/** Reads the install part of an object that an embedding program hands over; its dynamic sections are passed over. */
export function installFromObject(value: unknown, owner: string, ports: InstallPorts): Promise<InstallResult> {
  return resolve(objectDocument(value, owner), ports, []);
}

interface ReadFile {
  readonly document?: Document;
  readonly source?: SourceText;
  readonly diagnostics: readonly Diagnostic[];
}

async function readFile(settings: readonly Document[], ports: InstallPorts): Promise<ReadFile> {
  const naming = settings.findLast(({ value }) => typeof valueAt(value, ['configFile']) === 'string');
  const named = naming === undefined ? '' : String(valueAt(naming.value, ['configFile']));
  const found =
    naming === undefined || named === ''
      ? await searchFile(ports)
      : await readNamed(named, naming.origin(['configFile']), ports);
  if (found.source === undefined) return found;
  const parsed = parseText(found.source);
  const diagnostics = parsed.diagnostics.map((diagnostic) => ({ ...diagnostic, effect: notStarted }));
  if (parsed.document === undefined) return { source: found.source, diagnostics };
  if (isMapping(parsed.document.value)) return { source: found.source, diagnostics, document: parsed.document };
  // Laid under the flags it would vanish without a word.
  const message = 'an install file must be a mapping of keys';
  const finding = { message, path: '', origin: parsed.document.origin([]), effect: notStarted };
  return { source: found.source, diagnostics: [...diagnostics, diagnose('FL2002', finding)] };
}

const notStarted = 'Fairlead does not start';

async function resolve(document: Document, ports: InstallPorts, found: readonly Diagnostic[]): Promise<InstallResult> {
  const {
    document: filled,
    diagnostics: unresolved,
    broken,
  } = await interpolate(document, {
    environment: ports.environment,
    readText: (path) => ports.readText(path, maxReferencedFileSize),
  });
  const sections = installSections(withoutConfigFile(filled), Object.keys(install.shape));
  const decoded = decode(install, sections.document, { isolate: true, broken, effectOf: () => notStarted });
  const decodedConfig = decoded.value ?? install.parse({});
  const written = valueAt(decoded.document.value, ['entryPoints']);
  const names = [
    ...decoded.dropped.map((path) => String(path[1])),
    ...(isMapping(written) ? Object.keys(written) : []),
  ];
  const config = derive(withoutUdp(decodedConfig), ports.cpus);
  const checked = checkInstall(decodedConfig, [...names, ...Object.keys(config.entryPoints)], decoded.document);
  const unreadable = await checkHostResolver(decodedConfig, decoded.document, ports);
  const missing = unresolved.map((diagnostic) => ({ ...diagnostic, effect: notStarted }));
  return {
    config,
    diagnostics: [...found, ...missing, ...sections.diagnostics, ...decoded.diagnostics, ...checked, ...unreadable],
    udpEntryPoints: Object.entries(decodedConfig.entryPoints).flatMap(([name, { address }]) =>
      address.protocol === 'udp' ? [name] : [],
    ),
    originOf: (path) => originOf(filled, path),
  };
}

/** `configFile` is a flag, not a setting; in a file it would be an unknown section. */
function withoutConfigFile(document: Document): Document {
  if (!isMapping(document.value) || document.origin(['configFile']).kind === 'text') return document;
  const { configFile: _, ...value } = document.value;
  return {
    value,
    origin: (path, part) => document.origin(path, part),
    isSecret: (path) => document.isSecret?.(path) ?? false,
  };
}

function withoutUdp(config: InstallConfiguration): InstallConfiguration {
  const kept = Object.entries(config.entryPoints).filter(([, { address }]) => address.protocol !== 'udp');
  return { ...config, entryPoints: Object.fromEntries(kept) };
}

function originOf(document: Document, path: Path): Origin {
  return isWritten(document.value, path) ? document.origin(path) : { kind: 'default' };
}

function isWritten(value: unknown, [part, ...rest]: Path): boolean {
  if (part === undefined) return true;
  if (Array.isArray(value)) return Number(part) < value.length && isWritten(value[Number(part)], rest);
  if (!isMapping(value)) return false;
  const key = Object.hasOwn(value, part)
    ? String(part)
    : Object.keys(value).find((name) => name.toLowerCase() === String(part).toLowerCase());
  return key !== undefined && isWritten(value[key], rest);
}

function noProvider(config: InstallConfiguration, document: Document): Diagnostic[] {
  if (config.providers.file !== undefined) return [];
  const message = 'no provider is configured, so there are no routers';
  return [
    diagnose('FL6006', {
      message,
      path: 'providers',
      origin: document.origin(['providers'], 'key'),
      effect: 'every request is answered with 404',
    }),
  ];
}
