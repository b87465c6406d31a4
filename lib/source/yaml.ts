/** Reads YAML 1.2, and with it JSON. */
import {
  parseDocument,
  type ParseOptions,
  type SchemaOptions,
  type DocumentOptions,
  type Document as YamlTree,
  visit,
  type YAMLError,
} from 'yaml';
import { type Diagnostic, diagnose } from '../diagnostics/diagnostic.js';
import { maxDepth, maxTextLength } from './limits.js';
import type { Document, Origin, Path, SourceText, TextOrigin } from './origin.js';
import { LineTable } from './place.js';
import { readPlainJson } from './plain-json.js';
import { readPlainYaml } from './plain-yaml.js';
import { YamlOrigins } from './yaml-origins.js';
import { YamlReader } from './yaml-values.js';

/** What reading a text gave: a document unless the text is broken, and every finding. */
export interface Parsed {
  readonly document?: Document;
  readonly diagnostics: readonly Diagnostic[];
}

/** One broken line causes many follow-up errors; more than this many distinct lines help nobody. */
const maxSyntaxErrors = 5;

const options: ParseOptions & DocumentOptions & SchemaOptions = {
  // Compared pairwise by the library; `YamlReader` finds repeated keys in linear time.
  uniqueKeys: false,
  prettyErrors: false,
  // 'silent' would also hide that a text holds several documents.
  logLevel: 'error',
  version: '1.2',
};

/** From this many characters on it is worth trying the quick reader first; below, the library is quick enough. */
const largeText = 128 * 1024;

/** Reads one YAML or JSON text. An empty text is an empty mapping. Never throws. */
export function parseYaml(source: SourceText): Parsed {
  if (source.text.length > maxTextLength) return { diagnostics: [tooLarge(source)] };
  const plain = source.text.length < largeText ? undefined : (readPlainJson(source.text) ?? readPlainYaml(source.text));
  if (plain !== undefined) return { document: new PlainDocument(plain, source), diagnostics: [] };
  const { document, diagnostics } = parseWithLibrary(source);
  return document === undefined ? { diagnostics } : { document, diagnostics };
}

function parseWithLibrary(source: SourceText): { document?: YamlDocument; diagnostics: Diagnostic[] } {
  const lines = new LineTable(source);
  let tree: YamlTree;
  try {
    tree = parseDocument(source.text, options);
  } catch (thrown) {
    if (!(thrown instanceof RangeError)) throw thrown;
    // The composer recurses once per level, so only nesting can exhaust the stack.
    return { diagnostics: [tooDeep(lines)] };
  }
  const broken = syntaxErrors(tree, lines);
  if (broken.length > 0) return { diagnostics: broken };
  const reader = new YamlReader((offset, length) => lines.place(offset, length));
  const value = tree.contents === null ? {} : reader.read(tree.contents);
  if (reader.diagnostics.length > 0) return { diagnostics: reader.diagnostics };
  return { document: new YamlDocument(value, tree, lines), diagnostics: [] };
}

/**
 * The data of a large text; its places are found when first asked for, by reading it with the library after all. What that
 * makes is twenty times the size of the text, so it is held only as long as nobody needs the memory.
 */
class PlainDocument implements Document {
  readonly value: unknown;
  readonly #source: SourceText;
  #full: WeakRef<YamlDocument> | undefined;

  constructor(value: unknown, source: SourceText) {
    this.value = value;
    this.#source = source;
  }

  origin(path: Path, part: 'key' | 'value' = 'value'): Origin {
    const full = this.#full?.deref() ?? parseWithLibrary(this.#source).document;
    if (full === undefined) return { kind: 'text', source: this.#source, line: 1, column: 1, length: 1 };
    this.#full = new WeakRef(full);
    return full.origin(path, part);
  }
}

const wholes = new WeakMap<SourceText, Document>();

/** Where things stand in a text that is known to be sound, for documents that were read of parts of it. */
export function wholeOf(source: SourceText): Document {
  const whole = wholes.get(source) ?? new PlainDocument({}, source);
  wholes.set(source, whole);
  return whole;
}

const tables = new WeakMap<SourceText, LineTable>();

/**
 * Where things stand in a stretch of a text: `written` is what stands there, as a text of its own, whose first character is
 * the one at `start`.
 */
export function originsWithin(source: SourceText, start: number, written: string): YamlOrigins {
  const lines = tables.get(source) ?? new LineTable(source);
  tables.set(source, lines);
  return new YamlOrigins(parseDocument(written, options), {
    place: (offset, length) => lines.place(start + offset, length),
  });
}

class YamlDocument implements Document {
  readonly value: unknown;
  readonly #origins: YamlOrigins;

  constructor(value: unknown, tree: YamlTree, lines: LineTable) {
    this.value = value ?? {};
    this.#origins = new YamlOrigins(tree, lines);
  }

  origin(path: Path, part: 'key' | 'value' = 'value'): Origin {
    return this.#origins.origin(path, part);
  }
}

/** The finding about a text beyond the size limit, for every format. */
export function tooLarge(source: SourceText): Diagnostic {
  const mebibytes = maxTextLength / 1024 / 1024;
  const origin = { kind: 'text', source: { name: source.name, text: '' }, line: 1, column: 1, length: 1 } as const;
  return diagnose('FL1005', { message: `the text is larger than ${mebibytes} MiB`, path: [], origin });
}

function tooDeep(lines: LineTable): Diagnostic {
  const message = `mappings and lists are nested more than ${maxDepth} levels deep`;
  return diagnose('FL1006', { message, path: [], origin: lines.place(0, 1) });
}

function syntaxErrors(tree: YamlTree, lines: LineTable): Diagnostic[] {
  const unresolved = tree.warnings.filter(({ code }) => code === 'TAG_RESOLVE_FAILED');
  const seen = new Set<number>();
  const found: Diagnostic[] = [];
  for (const error of [...tree.errors, ...unresolved].sort((a, b) => a.pos[0] - b.pos[0])) {
    const origin = openQuote(error, tree, lines) ?? lines.place(error.pos[0], error.pos[1] - error.pos[0]);
    if (seen.has(origin.line) || found.length >= maxSyntaxErrors) continue;
    seen.add(origin.line);
    const { message, hint } = explain(error, origin.source.text);
    const code = unsupported.has(error.code) ? 'FL1015' : error.code === 'RESOURCE_EXHAUSTION' ? 'FL1006' : 'FL1002';
    found.push(diagnose(code, { message, hint, path: [], origin }));
  }
  return found;
}

/** A quote that is never closed is shown where it opens, not at the end of the text where that is noticed. */
function openQuote(error: YAMLError, tree: YamlTree, lines: LineTable): TextOrigin | undefined {
  if (!error.message.startsWith('Missing closing')) return undefined;
  let opening: number | undefined;
  visit(tree, {
    Scalar: (_, { type, range }) => {
      if (type?.startsWith('QUOTE') === true && range && range[1] >= error.pos[0]) opening = range[0];
    },
  });
  return opening === undefined ? undefined : lines.place(opening, 1);
}

const unsupported: ReadonlySet<string> = new Set(['MULTIPLE_DOCS', 'TAG_RESOLVE_FAILED', 'BAD_COLLECTION_TYPE']);

interface Explanation {
  readonly message: string;
  readonly hint?: string;
}

/** Says in the words of a reader what the library says in the words of the YAML grammar. */
function explain(error: YAMLError, text: string): Explanation {
  switch (error.code) {
    case 'TAB_AS_INDENT':
      return { message: 'a tab cannot indent', hint: 'use spaces' };
    case 'BAD_SCALAR_START':
      return { message: `a value cannot begin with ${text[error.pos[0]] ?? 'this'}`, hint: 'put the value in quotes' };
    case 'BLOCK_AS_IMPLICIT_KEY':
      return { message: 'a second ": " on the line', hint: 'put the value in quotes, or begin a new line' };
    case 'MULTILINE_IMPLICIT_KEY':
      return /:\S/.test(text.slice(...error.pos))
        ? { message: 'a key without ": "', hint: 'put a space after the colon' }
        : { message: 'two values with nothing between them', hint: 'a comma or ": " is missing' };
    case 'MULTIPLE_DOCS':
      return { message: 'the text holds several YAML documents', hint: 'put each into a file of its own' };
    case 'TAG_RESOLVE_FAILED':
      return { message: `tag ${text.slice(error.pos[0], error.pos[1])} is not supported`, hint: 'remove the tag' };
    case 'BAD_DQ_ESCAPE':
      return { message: lowerFirst(error.message), hint: 'use single quotes, or double the backslash' };
    case 'BAD_INDENT':
      return indentation(error.message);
    case 'MISSING_CHAR':
      return { message: missingCharacter(error.message) };
    case 'UNEXPECTED_TOKEN':
      return { message: unexpected(error, text) };
    case 'RESOURCE_EXHAUSTION':
      return { message: `mappings and lists are nested more than ${maxDepth} levels deep` };
    default:
      return { message: lowerFirst(error.message) };
  }
}

function missingCharacter(message: string): string {
  const open = /^Flow (?:map|sequence) must end with a (.)$/.exec(message);
  if (open !== null) return `a closing ${open[1] ?? 'bracket'} is missing`;
  return lowerFirst(message).replace(/missing closing ["']quote/, 'the quote is never closed');
}

function indentation(message: string): Explanation {
  const open = /^Flow (?:map|sequence) .* end with a (.)$/.exec(message);
  if (open !== null) return { message: `a closing ${open[1] ?? 'bracket'} is missing before this line` };
  if (message.startsWith('All mapping items')) {
    return { message: 'the line is indented differently from its siblings', hint: 'align it with the keys above' };
  }
  return { message: lowerFirst(message) };
}

/** Quotes punctuation only: other text may be part of a secret. */
function unexpected(error: YAMLError, text: string): string {
  const [start, end] = error.pos;
  const what = text.slice(start, Math.max(end, start + 1)).trim();
  return /^[^\p{L}\p{N}]{1,3}$/u.test(what) ? `unexpected "${what}"` : 'unexpected text after the value';
}

function lowerFirst(message: string): string {
  return message.slice(0, 1).toLowerCase() + message.slice(1);
}
