// Who may import whom inside lib/, the table of docs/life-of-a-configuration.md. (In native/ the compiler enforces the
// same: cmake/layer.cmake.)
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, test } from 'node:test';
import ts from 'typescript';

const root = resolve(import.meta.dirname, '../..');
const lib = join(root, 'lib');

/** Seen by every room: places in files, messages about them, the error table, what package.json says, work in turns. */
const everywhere = ['source', 'diagnostics', 'errors', 'package', 'work'];

/** The steps of the pipeline, in order. */
const steps = ['install', 'schema', 'providers', 'merge', 'validate', 'compile', 'snapshot', 'engine'];
const plugins = ['middlewares', 'balancers'];

/**
 * A room of lib/ and what it may import besides itself. A room is a folder, or one of the files named here that stand in
 * lib/ itself; the other files there make up the public interface: createProxy() and its parts.
 */
const allowed: Readonly<Record<string, readonly string[]>> = {
  errors: [],
  work: [],
  source: [],
  diagnostics: [],
  schema: [...plugins],
  middlewares: ['schema', 'snapshot'],
  balancers: ['schema', 'snapshot'],
  install: ['schema', 'providers'],
  providers: ['schema'],
  merge: ['schema'],
  validate: ['schema', 'merge', ...plugins],
  compile: ['schema', 'merge', 'validate', 'install', 'snapshot', ...plugins],
  snapshot: [...plugins],
  engine: ['snapshot', 'observability'],
  pipeline: [...steps, ...plugins],
  observability: ['pipeline', 'engine', 'schema', 'install'],
  admin: ['pipeline', 'engine', 'explain', 'observability', 'schema', 'install', 'merge'],
  explain: ['pipeline', 'engine', 'observability', 'schema', 'install', 'merge', 'compile', 'snapshot', 'middlewares'],
  plan: ['explain', 'admin', 'schema', 'install', 'merge'],
  'route-test': ['explain', 'schema'],
  acme: ['pipeline', 'engine', 'schema', 'install'],
  log: ['log-line', 'install'],
  'log-line': [],
  package: [],
  proxy: ['log', 'pipeline', 'admin', 'explain', 'plan', 'acme', 'observability', ...steps, ...plugins],
  public: ['proxy', 'log', 'pipeline', 'admin', 'explain', 'plan', 'acme', 'observability', ...steps, ...plugins],
  cli: ['public', 'log', 'pipeline', 'admin', 'explain', 'plan', 'route-test', 'acme', 'observability', ...steps],
};

interface Import {
  readonly from: string;
  readonly to: string;
  readonly text: string;
}

const imports = readdirSync(lib, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .flatMap((name) => importsOf(join(lib, name)));

describe('lib/', () => {
  test('rooms import only what the table allows', () => {
    const broken = imports.filter(({ from, to }) => {
      return from !== to && to !== 'bindings' && !everywhere.includes(to) && !allowed[from]?.includes(to);
    });
    assert.deepEqual(texts(broken), []);
  });

  test('every room is in the table', () => {
    const rooms = new Set(imports.flatMap(({ from, to }) => [from, to]));
    rooms.delete('bindings');
    assert.deepEqual(
      [...rooms].filter((room) => !(room in allowed)),
      [],
    );
  });

  test('only engine/ knows the border', () => {
    assert.deepEqual(texts(imports.filter(({ from, to }) => to === 'bindings' && from !== 'engine')), []);
  });

  test('nothing imports the command line', () => {
    assert.deepEqual(texts(imports.filter(({ from, to }) => to === 'cli' && from !== 'cli')), []);
  });
});

const texts = (list: readonly Import[]): string[] => list.map(({ text }) => text);

/** Relative imports of a file; node: and package imports concern no room. */
function importsOf(path: string): Import[] {
  return ts
    .preProcessFile(readFileSync(path, 'utf8'))
    .importedFiles.filter(({ fileName }) => fileName.startsWith('.'))
    .map(({ fileName }) => resolve(dirname(path), fileName))
    .map((target) => ({
      from: room(path),
      to: room(target),
      text: `${relative(root, path)} -> ${relative(root, target)}`,
    }));
}

function room(path: string): string {
  const parts = relative(lib, path).split('/');
  if (parts[0] === '..') return parts[1] ?? '';
  const name = (parts[0] ?? '').replace(/\.[jt]s$/, '');
  return parts.length > 1 || name in allowed ? name : 'public';
}
