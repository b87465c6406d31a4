/** Takes a text the whole way to a snapshot, as a running proxy would, and looks at what it says of itself. */
import assert from 'node:assert/strict';
import { settingsOf } from '../../../lib/compile/settings.js';
import type { Diagnostic } from '../../../lib/diagnostics/diagnostic.js';
import { installFromObject } from '../../../lib/install/read.js';
import type { Configuration } from '../../../lib/merge/model.js';
import { assemble, findingsOf, prepare } from '../../../lib/pipeline.js';
import type { Ports } from '../../../lib/providers/define.js';
import { loadDocument, ReferencedFiles } from '../../../lib/providers/load.js';
import { parseText } from '../../../lib/source/parse.js';
import { testPair } from './compiled.js';

const ports: Pick<Ports, 'environment' | 'readText'> = {
  environment: {},
  readText: () => Promise.reject(new Error('there is no such file')),
};
const entryPoints = { web: { address: ':80' }, websecure: { address: ':443' } };
const installation = await installFromObject({ entryPoints, ping: {} }, 'the test', {
  ...ports,
  workingDirectory: '/',
  cpus: 1,
});
const settings = settingsOf(installation.config, { value: {}, origin: installation.originOf.bind(installation) });
const around = { ready: true, hostName: 'proxy', defaultCertificate: testPair, adminSocket: '/run/admin.sock' };
const now = new Date('2026-06-01T00:00:00Z');

/** What became of a text. */
export interface Trial {
  readonly findings: readonly Diagnostic[];
  /** Absent when the text could not be read: then nothing of it is used. */
  readonly configuration?: Configuration;
}

/** Everything up to the bytes of a snapshot; throws only when the product does. */
export async function tryText(name: string, text: string): Promise<Trial> {
  const { document, diagnostics } = parseText({ name, text });
  if (document === undefined) return { findings: diagnostics };
  const loaded = await loadDocument(document, ports as Ports, new ReferencedFiles(ports as Ports));
  const delivered = { provider: 'file', documents: [loaded], findings: diagnostics };
  const configuration = assemble([delivered], settings, { now });
  const { findings } = prepare(configuration, installation, around);
  return { findings: [...findingsOf(installation, configuration), ...findings], configuration };
}

/** Every error names its place: a line and a column that exist in the text, and the path of a key once there is one. */
export function assertPlaced({ findings, configuration }: Trial, text: string): void {
  const lines = text.split(/\r\n|\n|\r/);
  for (const { origin, message, path, severity, code } of findings) {
    assert.notEqual(message, '');
    if (severity !== 'error') continue;
    assert.equal(origin.kind, 'text', `${code} ${message}`);
    assert.ok(origin.line >= 1 && origin.line <= lines.length + 1, `${code} ${message}: line ${origin.line}`);
    assert.ok(origin.column >= 1 && origin.length >= 1, `${code} ${message}: column ${origin.column}`);
    // What is wrong with the text as a whole, when it is no mapping, has no path.
    const ofWhole = code === 'FL2002' || code.startsWith('FL10');
    if (configuration !== undefined && !ofWhole) assert.notEqual(path, '', `${code} ${message}`);
  }
  if (configuration === undefined) assert.ok(findings.some(({ severity }) => severity === 'error'));
}

/** What is served was resolved, and what is not says why. */
export function assertWhole({ configuration }: Trial): void {
  for (const item of [...(configuration?.routers.values() ?? []), ...(configuration?.services.values() ?? [])]) {
    assert.equal(item.resolved !== undefined, item.status !== 'disabled', item.name);
    if (item.status === 'disabled') assert.ok(item.errors.length > 0, item.name);
  }
}
