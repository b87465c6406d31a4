/** What all providers do with a parsed document: replace references, read the files that options name. */
import { createHash } from 'node:crypto';
import { type Diagnostic, diagnose } from '../diagnostics/diagnostic.js';
import { reasonOf } from '../errors.js';
import { fileReferences } from '../schema/file-references.js';
import type { FileRead, LoadedDocument } from '../schema/loaded.js';
import { interpolate } from '../source/interpolate.js';
import { maxReferencedFileSize } from '../source/limits.js';
import type { Document, Origin } from '../source/origin.js';
import type { Ports } from './define.js';

/** Reads files that documents refer to, and keeps what it read last of each: a file that vanishes takes nothing along. */
export class ReferencedFiles {
  readonly #ports: Ports;
  readonly #known = new Map<string, string>();
  /** Paths asked for since `begin`. */
  #asked = new Set<string>();
  /** Those of them that cannot be read now, with the reason, while what was read before is used. */
  #stale = new Map<string, string>();

  constructor(ports: Ports) {
    this.#ports = ports;
  }

  /** Starts a round; `paths` are those of this round. */
  begin(): void {
    this.#asked = new Set();
    this.#stale = new Map();
  }

  get paths(): readonly string[] {
    return [...this.#asked];
  }

  /** What there is to say of this round. */
  get findings(): readonly Diagnostic[] {
    return [...this.#stale].map(([path, reason]) => {
      const origin: Origin = { kind: 'object', owner: path };
      const effect = 'its content read before stays in use';
      return diagnose('FL7004', { message: `"${path}" cannot be read: ${reason}`, path: '', origin, effect });
    });
  }

  /** The content now, or what was read last; throws with a reason when there is neither. */
  async text(path: string): Promise<string> {
    this.#asked.add(path);
    try {
      const text = await this.#ports.readText(path, maxReferencedFileSize);
      this.#known.set(path, text);
      return text;
    } catch (thrown) {
      const known = this.#known.get(path);
      if (known === undefined) throw thrown;
      this.#stale.set(path, reasonOf(thrown));
      return known;
    }
  }

  /** As `text`, with the reason as a value. */
  async read(path: string): Promise<FileRead> {
    try {
      return { text: await this.text(path) };
    } catch (thrown) {
      return { fault: reasonOf(thrown) };
    }
  }
}

/** Files of one document that are read at the same time. */
const readAtOnce = 16;

/** Completes a parsed document. Never throws for what a user can write. */
export async function loadDocument(
  document: Document,
  ports: Ports,
  referenced: ReferencedFiles,
): Promise<LoadedDocument> {
  const environment = ports.environment;
  const replaced = await interpolate(document, { environment, readText: (path) => referenced.text(path) });
  const paths = fileReferences(replaced.document.value);
  const files = new Map<string, FileRead>();
  for (let at = 0; at < paths.length; at += readAtOnce) {
    const batch = paths.slice(at, at + readAtOnce);
    const reads = await Promise.all(batch.map((path) => referenced.read(path)));
    batch.forEach((path, index) => files.set(path, reads[index] ?? { fault: 'it was not read' }));
  }
  return { document: replaced.document, files, findings: replaced.diagnostics, broken: replaced.broken };
}

/** A fingerprint of what was read: equal texts and findings give equal ones. */
export function fingerprint(
  texts: Iterable<string>,
  loaded: readonly LoadedDocument[],
  findings: readonly Diagnostic[],
): string {
  const hash = createHash('sha256');
  const add = (text: string) => hash.update(`${text.length}:`).update(text);
  for (const text of texts) add(text);
  for (const { files, findings: own, document } of loaded) {
    // References are replaced in the value only, so a changed secret shows there.
    if (own.length > 0 || document.isSecret !== undefined) add(JSON.stringify(document.value ?? null, bigintText));
    for (const [path, read] of files) add(`${path}=${'text' in read ? read.text : read.fault}`);
    for (const { code, message, path } of own) add(`${code} ${path} ${message}`);
  }
  for (const { code, message, path } of findings) add(`${code} ${path} ${message}`);
  return hash.digest('hex');
}

const bigintText = (_: string, value: unknown): unknown => (typeof value === 'bigint' ? String(value) : value);
