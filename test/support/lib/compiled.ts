/** Takes configuration texts the whole way to a compiled snapshot. */
import { compile } from '../../../lib/compile/compile.js';
import type { KeyPair } from '../../../lib/compile/default-certificate.js';
import { settingsOf } from '../../../lib/compile/settings.js';
import { type InstallPorts, installFromObject } from '../../../lib/install/read.js';
import type { InstallResult } from '../../../lib/install/result.js';
import type { Configuration } from '../../../lib/merge/model.js';
import { assemble, findingsOf } from '../../../lib/pipeline.js';
import type { Diagnostic } from '../../../lib/diagnostics/diagnostic.js';
import type { FileRead } from '../../../lib/schema/loaded.js';
import type { Snapshot } from '../../../lib/snapshot/root.js';
import { parseText } from '../../../lib/source/parse.js';

const installPorts: InstallPorts = {
  environment: {},
  workingDirectory: '/',
  cpus: 2,
  readText: () => Promise.reject(new Error('no files here')),
};

export const testPair: KeyPair = { chain: 'generated chain', key: 'generated key' };

export interface CompiledTest {
  readonly install: InstallResult;
  readonly configuration: Configuration;
  readonly snapshot: Snapshot;
  readonly findings: readonly Diagnostic[];
}

/** Compiles an install configuration and the text of one YAML file of the provider `file`. */
export async function compiled(
  install: object,
  dynamic: string,
  files: Readonly<Record<string, FileRead>> = {},
): Promise<CompiledTest> {
  const result = await installFromObject(install, 'the test', installPorts);
  const document = { value: result.config, origin: result.originOf.bind(result) };
  const settings = settingsOf(result.config, document, result.udpEntryPoints);
  const parsed = parseText({ name: 'dynamic.yml', text: dynamic });
  const loaded = parsed.document && {
    document: parsed.document,
    files: new Map(Object.entries(files)),
    findings: parsed.diagnostics,
    broken: [],
  };
  const delivered = { provider: 'file', documents: loaded === undefined ? [] : [loaded], findings: [] };
  const configuration = assemble([delivered], settings, { now: new Date() });
  const around = {
    generation: 7,
    ready: true,
    hostName: 'proxy',
    defaultCertificate: testPair,
    adminSocket: '/run/admin.sock',
  };
  const { snapshot } = compile(configuration, result.config, around);
  return { install: result, configuration, snapshot, findings: findingsOf(result, configuration) };
}
