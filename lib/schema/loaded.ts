/** A document as a provider delivers it. */
import type { Diagnostic } from '../diagnostics/diagnostic.js';
import type { Document, Path } from '../source/origin.js';

/** The content of a file that an option names, or why it could not be read. */
export type FileRead = { readonly text: string } | { readonly fault: string };

/** A document that was parsed, its references replaced, and the files read that its options name. */
export interface LoadedDocument {
  readonly document: Document;
  /** By the name written in the document. */
  readonly files: ReadonlyMap<string, FileRead>;
  /** Findings of reading it; those below an object become that object's. */
  readonly findings: readonly Diagnostic[];
  /** Values with a reference that could not be replaced. */
  readonly broken: readonly Path[];
}
