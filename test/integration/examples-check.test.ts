// Every example passes `fairlead check`, and together they show every key that this version honours.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, test } from 'node:test';
import { check, renderDiagnostic } from '../../lib/index.js';
import { install } from '../../lib/install/schema.js';
import { middlewares } from '../../lib/middlewares/index.js';
import { router } from '../../lib/schema/router.js';
import { serversTransport } from '../../lib/schema/servers-transport.js';
import { serviceKinds } from '../../lib/schema/service.js';
import { tlsCertificate, tlsOptions, tlsStore } from '../../lib/schema/tls.js';
import { isMapping, valueAt } from '../../lib/source/path.js';
import { isConfigurationFile, parseText } from '../../lib/source/parse.js';
import { type Shape, shapeOf } from '../../lib/source/shape.js';

const root = resolve(import.meta.dirname, '../..');
const folder = join(root, 'examples');

/** Install files by the folder in which they are used; the quickstart runs in the root of the repository. */
const installFiles = readdirSync(folder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .flatMap(({ name }) =>
    ['fairlead.yml', 'traefik.yml', 'traefik.toml']
      .filter((file) => existsSync(join(folder, name, file)))
      .map((file) =>
        name === 'quickstart'
          ? { cwd: root, configFile: join('examples', name, file) }
          : { cwd: join(folder, name), configFile: file },
      ),
  );

/** The old rule syntax is shown as well, for those who come with it. */
const deprecated = 'FL4009';

describe('an example passes the check without a finding', () => {
  for (const { cwd, configFile } of installFiles) {
    test(join(cwd, configFile).slice(root.length + 1), async () => {
      process.chdir(cwd);
      const { diagnostics, summary } = await check({ configFile });
      assert.deepEqual(
        diagnostics.filter(({ code }) => code !== deprecated).map((diagnostic) => renderDiagnostic(diagnostic)),
        [],
      );
      assert.ok((summary['routers'] ?? 0) > 0);
    });
  }
});

const schemas = {
  '': install,
  'http.routers.*': router,
  'http.services.*.loadBalancer': serviceKinds.loadBalancer,
  'http.services.*.weighted': serviceKinds.weighted,
  'http.services.*.highestRandomWeight': serviceKinds.highestRandomWeight,
  'http.services.*.mirroring': serviceKinds.mirroring,
  'http.services.*.failover': serviceKinds.failover,
  'http.serversTransports.*': serversTransport,
  'tls.certificates.*': tlsCertificate,
  'tls.options.*': tlsOptions,
  'tls.stores.*': tlsStore,
  ...Object.fromEntries(middlewares.map(({ name, schema }) => [`http.middlewares.*.${name}`, schema])),
};

/** Keys that are read to refuse them, or to say that they do nothing or are deprecated. */
const refused = new Set([
  'http.routers.*.tls.certResolver',
  'http.routers.*.tls.domains',
  'http.serversTransports.*.peerCertURI',
  'http.serversTransports.*.spiffe',
  'tls.options.*.clientAuth',
]);

/** Paths of the keys in a shape, `*` for names and indexes, without those that are not honoured. */
function keysOf(shape: Shape, path: string): readonly string[] {
  if (shape.notYet || shape.withoutEffect !== undefined || refused.has(path)) return [];
  switch (shape.kind) {
    case 'object':
      return [...shape.members.values()].flatMap(({ name, shape: inner }) => keysOf(inner(), joined(path, name)));
    case 'record':
      return keysOf(shape.value, joined(path, '*'));
    case 'list':
      return keysOf(shape.element, joined(path, '*'));
    default:
      return [path];
  }
}

const joined = (path: string, part: string): string => (path === '' ? part : `${path}.${part}`);

const documents = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter(isConfigurationFile)
  .map((file) => parseText({ name: file, text: readFileSync(join(folder, file), 'utf8') }).document?.value);

/** Whether a document has a value at the path. */
function isWritten(value: unknown, path: readonly string[]): boolean {
  const [part, ...rest] = path;
  if (part === undefined) return true;
  if (part === '*') {
    const inner = Array.isArray(value) ? value : isMapping(value) ? Object.values(value) : [];
    return inner.some((item) => isWritten(item, rest)) || (rest.length === 0 && typeof value === 'string');
  }
  return isMapping(value) && isWritten(valueAt(value, [part]), rest) && Object.hasOwn(value, part);
}

for (const [path, schema] of Object.entries(schemas)) {
  test(`every key of ${path === '' ? 'the install configuration' : path} stands in an example`, () => {
    const missing = keysOf(shapeOf(schema), path).filter(
      (key) => !documents.some((document) => isWritten(document, key.split('.'))),
    );
    assert.deepEqual(missing, []);
  });
}
