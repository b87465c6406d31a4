/**
 * Reads a document as its schema says, and reports everything that is wrong with it at once.
 *
 * With `isolate`, a broken entry of an outermost record or list of objects (a router, a certificate) is left out and
 * everything else is kept, so that one mistake disables one object.
 */
import type { z } from 'zod';
import { type Diagnostic, hasErrors } from '../diagnostics/diagnostic.js';
import { issueDiagnostic } from './issues.js';
import { Normaliser, unusable } from './normalise.js';
import type { Document, Path } from './origin.js';
import { formatPath, valueAt } from './path.js';
import { type Member, type Shape, shapeOf } from './shape.js';

/** What to decode, and how much of it may be left out. */
export interface DecodeOptions {
  /** Where in the document the data stands; its root by default. */
  readonly path?: Path;
  /** Leaves broken entries out instead of giving up. */
  readonly isolate?: boolean;
  /** Values that an earlier step could not resolve (`interpolate`): their entries count as broken. */
  readonly broken?: readonly Path[];
  /** What a finding in this entry (or outside any, when undefined) costs, for the effect line. */
  readonly effectOf?: (entry: Path | undefined) => string | undefined;
}

/** What decoding gave. */
export interface Decoded<T> {
  /** Absent when errors concern more than entries that could be left out. */
  readonly value?: T;
  readonly diagnostics: readonly Diagnostic[];
  /** Entries that were left out, because of errors in them. */
  readonly dropped: readonly Path[];
  /** Whether errors concern more than the dropped entries: a key or a whole section was left out or cannot be used. */
  readonly damaged: boolean;
  /** The document in the schema's spelling, still knowing places even where list entries were left out. */
  readonly document: Document;
}

/** Leaving entries out can reveal errors that were hidden behind them; more rounds than this do not happen in practice. */
const maxRounds = 4;

/** Decodes the data at `options.path` of a document. Never throws for what a user can write, and reports everything. */
export function decode<S extends z.ZodType>(
  schema: S,
  document: Document,
  options: DecodeOptions = {},
): Decoded<z.output<S>> {
  return new Decoding(schema, document, options).run();
}

class Decoding<S extends z.ZodType> {
  readonly #schema: S;
  readonly #shape: Shape;
  readonly #document: Document;
  readonly #options: DecodeOptions;
  readonly #base: Path;
  readonly #diagnostics: Diagnostic[] = [];
  readonly #reported = new Set<string>();
  /** Broken entries by formatted path; their paths start below `#base`. */
  readonly #broken = new Map<string, Path>();
  /** Values outside of entries that were left out. */
  readonly #cut = new Map<string, Path>();
  #fatal = false;
  #damaged = false;

  constructor(schema: S, document: Document, options: DecodeOptions) {
    this.#schema = schema;
    this.#shape = shapeOf(schema);
    this.#document = document;
    this.#options = options;
    this.#base = options.path ?? [];
  }

  run(): Decoded<z.output<S>> {
    const data = this.#normalised();
    for (const path of this.#options.broken ?? [])
      this.#markBroken(canonical(this.#shape, path.slice(this.#base.length)), data);
    const kept = new Survivors();
    let parsed = data === unusable ? undefined : this.#schema.safeParse(data);
    this.#collect(parsed, data, kept);
    const recoverable = this.#options.isolate === true && !this.#fatal;
    for (let round = 0; round < maxRounds && recoverable && data !== unusable; round++) {
      if (![kept.remove(data, this.#broken), kept.remove(data, this.#cut)].includes(true)) break;
      parsed = this.#schema.safeParse(data);
      this.#collect(parsed, data, kept);
      if (this.#fatal) break;
    }
    return this.#result(parsed, data, kept);
  }

  #normalised(): unknown {
    const normaliser = new Normaliser(this.#document, this.#base, {
      diagnostics: this.#diagnostics,
      reported: this.#reported,
      onError: (path) => this.#leftOut(path.slice(this.#base.length)),
    });
    const converted = normaliser.convert(valueAt(this.#document.value, this.#base) ?? null, this.#shape);
    return converted === undefined && this.#shape.kind === 'object' ? {} : converted;
  }

  #collect(parsed: z.ZodSafeParseResult<z.output<S>> | undefined, data: unknown, kept: Survivors): void {
    for (const issue of parsed?.error?.issues ?? []) {
      const written = kept.written(issue.path.map((part) => (typeof part === 'number' ? part : String(part))));
      const diagnostic = issueDiagnostic(
        { ...issue, path: [...written] },
        wrapped(data, issue.path, written),
        this.#base,
        this.#document,
      );
      if (!this.#isReported([...this.#base, ...written], diagnostic)) this.#diagnostics.push(diagnostic);
      this.#markBroken(written, data);
    }
  }

  /** Whether an error at this path, or at one it lies in, was reported already: the rest would be its echo. */
  #isReported(path: Path, diagnostic: Diagnostic): boolean {
    const echo = `${formatPath(path)} ${diagnostic.code}`;
    if (this.#reported.has(echo)) return true;
    this.#reported.add(echo);
    for (let length = path.length; length > 0; length--) {
      if (this.#reported.has(formatPath(path.slice(0, length)))) return true;
    }
    return false;
  }

  /** The normaliser leaves out what it reports, so that outside of entries the rest can still be used. */
  #leftOut(path: Path): void {
    if (this.#options.isolate !== true || entryOf(this.#shape, path) !== undefined) this.#markBroken(path);
    else this.#damaged = true;
  }

  /** Marks what must be left out for the rest to be usable: the entry, else the value, else what it is missing from. */
  #markBroken(path: Path, data?: unknown): void {
    if (this.#options.isolate !== true) {
      this.#fatal = true;
      return;
    }
    const entry = entryOf(this.#shape, path);
    const cut = entry ?? (valueAt(data, path) === undefined ? path.slice(0, -1) : path);
    this.#damaged ||= entry === undefined;
    if (cut.length === 0) this.#fatal = true;
    else if (entry === undefined) this.#cut.set(formatPath(cut), cut);
    else this.#broken.set(formatPath(cut), cut);
  }

  #result(parsed: z.ZodSafeParseResult<z.output<S>> | undefined, data: unknown, kept: Survivors): Decoded<z.output<S>> {
    const dropped = [...this.#broken.values()].map((path) => [...this.#base, ...path]);
    const diagnostics = this.#withEffects();
    const document = new DecodedDocument(this.#document, data === unusable ? {} : data, this.#base, kept);
    const usable =
      parsed?.success === true && !this.#fatal && (this.#options.isolate === true || !hasErrors(diagnostics));
    const damaged = this.#damaged || this.#fatal;
    return { ...(usable && { value: parsed.data }), diagnostics, dropped, damaged, document };
  }

  #withEffects(): Diagnostic[] {
    const { effectOf } = this.#options;
    if (effectOf === undefined) return this.#diagnostics;
    const entries = [...this.#broken].map(([, path]) => [...this.#base, ...path]);
    const byText = new Map(entries.map((path) => [formatPath(path), path]));
    return this.#diagnostics.map((diagnostic) => {
      if (diagnostic.effect !== undefined || diagnostic.severity !== 'error') return diagnostic;
      const effect = effectOf(enclosing(byText, diagnostic.path));
      return effect === undefined ? diagnostic : { ...diagnostic, effect };
    });
  }
}

/** The broken entry a formatted path lies in; found by cutting the path back at its separators. */
function enclosing(entries: ReadonlyMap<string, Path>, path: string): Path | undefined {
  for (let end = path.length; end > 0; end = Math.max(path.lastIndexOf('.', end - 1), path.lastIndexOf('[', end - 1))) {
    const entry = entries.get(path.slice(0, end));
    if (entry !== undefined) return entry;
  }
  return undefined;
}

/** The path of the outermost record or list entry that `path` lies in; undefined when it lies in none. */
function entryOf(shape: Shape, path: Path): Path | undefined {
  let current = shape;
  for (const [index, part] of path.entries()) {
    if (current.kind === 'record') return path.slice(0, index + 1);
    if (current.kind === 'list') return current.element.kind === 'object' ? path.slice(0, index + 1) : undefined;
    if (current.kind !== 'object') return undefined;
    const member = current.members.get(String(part).toLowerCase());
    if (member === undefined) return undefined;
    current = member.shape();
  }
  return undefined;
}

/** The path in the schema's spelling. */
function canonical(shape: Shape, path: Path): Path {
  let current: Shape | undefined = shape;
  return path.map((part) => {
    const member: Member | undefined =
      current?.kind === 'object' ? current.members.get(String(part).toLowerCase()) : undefined;
    current =
      member?.shape() ??
      (current?.kind === 'record' ? current.value : current?.kind === 'list' ? current.element : undefined);
    return member?.name ?? part;
  });
}

/** Issue paths count the entries that are left; the value for a message is found there, the place where it was written. */
function wrapped(data: unknown, path: readonly PropertyKey[], written: Path): unknown {
  const value = valueAt(
    data,
    path.map((part) => (typeof part === 'number' ? part : String(part))),
  );
  return written.reduceRight<unknown>((inner, part) => ({ [part]: inner }), value);
}

/** Takes broken entries out of the data and remembers where the entries that moved up were written. */
class Survivors {
  readonly #removed = new Set<string>();
  /** For each list that lost entries: the written index of each entry that is left. */
  readonly #indexes = new Map<string, number[]>();

  /** Removes what is broken and still there; whether there was anything. */
  remove(data: unknown, broken: ReadonlyMap<string, Path>): boolean {
    let removed = false;
    for (const [text, path] of broken) {
      if (this.#removed.has(text)) continue;
      this.#removed.add(text);
      removed = true;
      const parent = valueAt(data, path.slice(0, -1));
      const key = path.at(-1);
      if (Array.isArray(parent)) this.#removeIndex(parent, path.slice(0, -1), Number(key));
      else if (typeof parent === 'object' && parent !== null) Reflect.deleteProperty(parent, String(key));
    }
    return removed;
  }

  #removeIndex(list: unknown[], path: Path, written: number): void {
    const name = formatPath(path);
    const indexes = this.#indexes.get(name) ?? list.map((_, index) => index);
    const at = indexes.indexOf(written);
    if (at >= 0) {
      list.splice(at, 1);
      indexes.splice(at, 1);
    }
    this.#indexes.set(name, indexes);
  }

  /** The path as it was written, for a path into the data that is left. */
  written(path: Path): Path {
    if (this.#indexes.size === 0) return path;
    return path.map((part, position) =>
      typeof part === 'number' ? (this.#indexes.get(formatPath(path.slice(0, position)))?.[part] ?? part) : part,
    );
  }
}

class DecodedDocument implements Document {
  readonly value: unknown;
  readonly #source: Document;
  readonly #base: Path;
  readonly #kept: Survivors;

  constructor(source: Document, value: unknown, base: Path, kept: Survivors) {
    this.value = value;
    this.#source = source;
    this.#base = base;
    this.#kept = kept;
  }

  origin(path: Path, part: 'key' | 'value' = 'value') {
    return this.#source.origin([...this.#base, ...this.#kept.written(path)], part);
  }

  isSecret(path: Path): boolean {
    return this.#source.isSecret?.([...this.#base, ...this.#kept.written(path)]) ?? false;
  }
}
