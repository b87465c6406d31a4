/** `npm run generate`: writes every generated file. A test compares `generatedFiles()` with what is committed. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { abiHeader, fingerprintModule } from './abi.js';
import { countersHeader } from './counters.js';
import { factoryHeader } from './factory.js';
import type { GeneratedFile } from './file.js';
import { schemaFiles } from './json-schema.js';
import { recordsHeader } from './records.js';
import { referencePages } from './reference.js';

/** Every generated file with its current text. Same sources, same bytes. */
export function generatedFiles(): readonly GeneratedFile[] {
  const border = [recordsHeader(), factoryHeader(), countersHeader(), abiHeader(), fingerprintModule()];
  return [...border, ...schemaFiles(), ...referencePages()];
}

const root = fileURLToPath(new URL('../../', import.meta.url));

async function current(path: string): Promise<string | undefined> {
  return readFile(join(root, path), 'utf8').catch(() => undefined);
}

/** Writes what changed, so that a build has nothing to do when nothing did. */
async function generate(): Promise<void> {
  for (const { path, text } of generatedFiles()) {
    if ((await current(path)) === text) continue;
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
    console.log(path);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await generate();
