/** The files of a trial, written by a process of their own: texts of fifteen megabytes are garbage that is not the proxy's. */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
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

  /** Replaces files, each at once, as deployments do; resolves to the moment of it, in milliseconds of `performance`. */
  async write(content: Content): Promise<number> {
    const answer = once(this.#process, 'message');
    this.#process.send(content);
    const [written] = (await answer) as [number];
    return written - performance.timeOrigin;
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

function write(content: Content): number {
  const { files, one } = content;
  const places = one === undefined ? Array.from({ length: files }, (_, index) => index) : [Math.floor(files / 2)];
  const paths = places.map((index) => ({ index, path: pathOf(content, index) }));
  for (const { index, path } of paths) writeFileSync(`${path}.new`, textOf(content, index));
  for (const { path } of paths) renameSync(`${path}.new`, path);
  return performance.timeOrigin + performance.now();
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  process.on('message', (content: Content) => process.send?.(write(content)));
