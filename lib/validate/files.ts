/** Options that name files: whether their contents could be read. */
import type { Diagnostic } from '../diagnostics/diagnostic.js';
import { contentOf, type Item } from '../merge/model.js';
import type { FileRead } from '../schema/loaded.js';
import type { Path } from '../source/origin.js';
import { findingOn } from './finding.js';

/** A text, or the finding why there is none. */
export type Content = { readonly text: string; readonly finding?: never } | { readonly finding: Diagnostic };

/** The content behind an option of `item` that holds PEM or a path. */
export function readContent(
  files: ReadonlyMap<string, FileRead>,
  item: Item<unknown>,
  fileOrContent: string,
  at: Path,
): Content {
  const text = contentOf(files, fileOrContent);
  if (text !== undefined) return { text };
  const read = files.get(fileOrContent.trim());
  const reason = read !== undefined && 'fault' in read ? read.fault : 'it was not read';
  const isRelative = !fileOrContent.trim().startsWith('/');
  const hint =
    reason === 'there is no such file' && isRelative ? 'paths are relative to the working directory' : undefined;
  return {
    finding: findingOn(item, 'FL5001', {
      message: `"${shortened(fileOrContent)}" cannot be read: ${reason}`,
      at,
      hint,
    }),
  };
}

const shortened = (path: string): string =>
  path.length > 80 ? `${path.slice(0, 80)}…` : (path.split('\n', 1)[0] ?? '');
