/** The files of a trial, made by a process of their own: texts of fifteen megabytes are garbage that is not the proxy's. */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { renameSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Format, manyRouters } from '../../test/support/lib/many-routers.js';

/** What the files of a directory say. */
export interface Content {
  readonly directory: string;
  readonly format: Format;
  readonly files: number;
  /** Routers of all files together. */
  readonly routers: number;
  /** Begins the name of every router. */
  readonly prefix: string;
  /** Begins the host of the router in the middle, and its file is the only one that is written. */
  readonly one?: string;
}

/** Where a file of the trial lies. */
export const pathOf = ({ directory, format }: Pick<Content, 'directory' | 'format'>, index: number): string =>
  join(directory, `${index}.${format}`);

export class Files {
  readonly #process: ChildProcess = fork(fileURLToPath(import.meta.url));

  /** Writes files where nobody sees them. */
  async prepare(content: Content): Promise<void> {
    const answer = once(this.#process, 'message');
    this.#process.send(content);
    await answer;
  }

  stop(): void {
    this.#process.kill();
  }
}

function textOf({ format, files, routers, prefix, one }: Content, index: number): string {
  if (routers === 0) return format === 'json' ? '{ "http": { "routers": {} } }' : 'http:\n  routers: {}\n';
  const count = Math.ceil(routers / files);
  const text = manyRouters(count, format, `${prefix}${index}-`);
  const router = `h${Math.floor(count / 2)}.`;
  return one === undefined ? text : text.replace(`${prefix}${index}-${router}`, `${one}.${router}`);
}

/** The files of a trial that a content is for, and where they are written before. */
function pathsOf(
  content: Content,
): readonly { readonly index: number; readonly path: string; readonly draft: string }[] {
  const { files, one } = content;
  const indexes = one === undefined ? Array.from({ length: files }, (_, index) => index) : [Math.floor(files / 2)];
  return indexes.map((index) => {
    const path = pathOf(content, index);
    return { index, path, draft: join(content.directory, '..', basename(path)) };
  });
}

/** Replaces files by those prepared, each at once, as deployments do. */
export function replace(content: Content): void {
  for (const { path, draft } of pathsOf(content)) renameSync(draft, path);
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  process.on('message', (content: Content) => {
    for (const { index, draft } of pathsOf(content)) writeFileSync(draft, textOf(content, index));
    process.send?.('prepared');
  });
