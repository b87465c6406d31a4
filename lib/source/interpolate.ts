/**
 * Replaces `${env:NAME}`, `${env:NAME:-default}` and `${file:/path}` in the texts of a document.
 *
 * Nothing else that begins with `${` is touched, because `${1}` belongs to the replacements of regular expressions. A
 * literal `${env:` is written `$${env:`. Each value that took part in it is secret from then on.
 */
import type { DiagnosticCode } from '../diagnostics/codes.js';
import { type Diagnostic, diagnose } from '../diagnostics/diagnostic.js';
import { reasonOf } from '../errors.js';
import { readRegularFile } from './files.js';
import { maxReferencedFileSize } from './limits.js';
import type { Document, Path } from './origin.js';
import { setOwn } from './yaml-values.js';

/** The outside world as references see it. */
export interface InterpolationPorts {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The text of a file; throws with a reason. Relative paths are relative to the working directory. */
  readText(path: string): Promise<string>;
}

/** The document with values in place of references. */
export interface Interpolated {
  readonly document: Document;
  readonly diagnostics: readonly Diagnostic[];
  /** Values with a reference that could not be resolved: `decode` takes them as `broken`. */
  readonly broken: readonly Path[];
}

/** The real outside world. */
export function realPorts(environment: Readonly<Record<string, string | undefined>>): InterpolationPorts {
  return { environment, readText: (path) => readRegularFile(path, maxReferencedFileSize) };
}

/** Replaces all references of a document. Without any, the document comes back as it is. */
export async function interpolate(document: Document, ports: InterpolationPorts): Promise<Interpolated> {
  if (document.isLiteral === true) return { document, diagnostics: [], broken: [] };
  const run = new Interpolation(document, ports);
  const found = run.find(document.value);
  if (found === 0) return { document, diagnostics: [], broken: [] };
  await run.readFiles();
  const value = run.replace(document.value, []);
  return { document: run.wrap(value), diagnostics: run.diagnostics, broken: run.broken };
}

const reference = /\$?\$\{(env|file):([^}]*)(\}?)/g;
const variable = /^([A-Za-z_][A-Za-z0-9_]*)(?::-([\s\S]*))?$/;

class Interpolation {
  readonly diagnostics: Diagnostic[] = [];
  readonly broken: Path[] = [];
  readonly #document: Document;
  readonly #ports: InterpolationPorts;
  readonly #files = new Map<string, Promise<string>>();
  readonly #contents = new Map<string, string | Error>();
  readonly #secret = new Set<string>();

  constructor(document: Document, ports: InterpolationPorts) {
    this.#document = document;
    this.#ports = ports;
  }

  /** Counts the texts that hold references, and begins to read the files they name. */
  find(value: unknown): number {
    if (typeof value === 'string') return this.#findIn(value);
    if (typeof value !== 'object' || value === null) return 0;
    let found = 0;
    for (const item of Object.values(value)) found += this.find(item);
    return found;
  }

  #findIn(text: string): number {
    if (!text.includes('${')) return 0;
    let found = 0;
    for (const [all, kind, body = ''] of text.matchAll(reference)) {
      found += 1;
      if (kind !== 'file' || all.startsWith('$$') || this.#files.has(body)) continue;
      const content = this.#ports.readText(body);
      // Awaited by readFiles(); until then a rejection must not count as unhandled.
      content.catch(() => undefined);
      this.#files.set(body, content);
    }
    return found;
  }

  async readFiles(): Promise<void> {
    for (const [path, content] of this.#files) {
      try {
        this.#contents.set(path, (await content).replace(/\r?\n$/, ''));
      } catch (thrown) {
        this.#contents.set(path, new Error(reasonOf(thrown)));
      }
    }
  }

  replace(value: unknown, path: (string | number)[]): unknown {
    if (typeof value === 'string') return value.includes('${') ? this.#text(value, path) : value;
    if (typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) {
      const list: unknown[] = [];
      this.#each(value, path, (item) => list.push(this.replace(item, path)));
      return list;
    }
    const mapping: Record<string, unknown> = {};
    this.#each(value, path, (item, key) => setOwn(mapping, String(key), this.replace(item, path)));
    return mapping;
  }

  #each(value: unknown, path: (string | number)[], visit: (item: unknown, key: string | number) => void): void {
    if (typeof value !== 'object' || value === null) return;
    const entries: Iterable<[string | number, unknown]> = Array.isArray(value)
      ? value.entries()
      : Object.entries(value);
    for (const [key, item] of entries) {
      path.push(key);
      visit(item, key);
      path.pop();
    }
  }

  #text(text: string, path: Path): string {
    return text.replace(reference, (all: string, kind: string, body: string, end: string) => {
      if (all.startsWith('$$')) return all.slice(1);
      const value = end === '' ? undefined : kind === 'env' ? this.#variable(body, path) : this.#file(body, path);
      if (end === '') this.#report('FL1012', 'a reference is not closed with "}"', path);
      if (value !== undefined) this.#secret.add(keyOf(path));
      return value ?? all;
    });
  }

  #variable(body: string, path: Path): string | undefined {
    const match = variable.exec(body);
    if (match === null) {
      this.#report('FL1012', `"${body}" is not the name of an environment variable`, path);
      return undefined;
    }
    const [, name = '', fallback] = match;
    const value = this.#ports.environment[name];
    // As in a shell, ":-" also replaces an empty value.
    if (fallback !== undefined) return value === undefined || value === '' ? fallback : value;
    if (value === undefined) {
      this.#report(
        'FL1010',
        `environment variable "${name}" is not set`,
        path,
        `set it, or write \${env:${name}:-default}`,
      );
    }
    return value;
  }

  #file(body: string, path: Path): string | undefined {
    const content = this.#contents.get(body);
    if (typeof content === 'string') return content;
    this.#report('FL1011', `"${body}" cannot be read: ${content?.message ?? 'it was not read'}`, path);
    return undefined;
  }

  #report(code: DiagnosticCode, message: string, path: Path, hint?: string): void {
    this.broken.push([...path]);
    this.diagnostics.push(diagnose(code, { message, path, hint, origin: this.#document.origin(path) }));
  }

  wrap(value: unknown): Document {
    const document = this.#document;
    const secret = this.#secret;
    return {
      value,
      origin: (path, part) => document.origin(path, part),
      isSecret: (path) => path.some((_, index) => secret.has(keyOf(path.slice(0, index + 1)))),
    };
  }
}

function keyOf(path: Path): string {
  return path.join('\0').toLowerCase();
}
