/** Reads TOML 1.0. */
import { parse, TomlDate, TomlError } from 'smol-toml';
import { type Diagnostic, diagnose } from '../diagnostics/diagnostic.js';
import { maxDepth, maxTextLength } from './limits.js';
import type { Document, Path, SourceText } from './origin.js';
import { TomlOrigins } from './toml-origins.js';
import { type Parsed, tooLarge } from './yaml.js';
import { setOwn } from './yaml-values.js';

/** Reads one TOML text. Never throws. */
export function parseToml(source: SourceText): Parsed {
  if (source.text.length > maxTextLength) return { diagnostics: [tooLarge(source)] };
  let table: unknown;
  try {
    table = parse(source.text, { integersAsBigInt: 'asNeeded', maxDepth });
  } catch (thrown) {
    if (!(thrown instanceof TomlError)) throw thrown;
    return { diagnostics: [syntaxError(source, thrown)] };
  }
  const value = plain(table, 0);
  const document = new TomlDocument(value.tooDeep ? {} : value.data, source);
  if (!value.tooDeep) return { document, diagnostics: [] };
  return { diagnostics: [diagnose('FL1006', { message: tooDeep, path: [], origin: document.origin([]) })] };
}

const tooDeep = `tables and arrays are nested more than ${maxDepth} levels deep`;

class TomlDocument implements Document {
  readonly value: unknown;
  readonly #source: SourceText;
  /** Far larger than the text, and needed for messages only: held as long as nobody needs the memory. */
  #origins: WeakRef<TomlOrigins> | undefined;

  constructor(value: unknown, source: SourceText) {
    this.value = value;
    this.#source = source;
  }

  origin(path: Path, part: 'key' | 'value' = 'value') {
    const origins = this.#origins?.deref() ?? new TomlOrigins(this.#source);
    this.#origins = new WeakRef(origins);
    return origins.origin(path, part);
  }
}

interface Plain {
  readonly data: unknown;
  readonly tooDeep: boolean;
}

/** Ordinary objects instead of the parser's, dates as text: a configuration has no dates of its own. */
function plain(value: unknown, depth: number): Plain {
  if (value instanceof TomlDate) return { data: value.toISOString(), tooDeep: false };
  if (typeof value !== 'object' || value === null) return { data: value, tooDeep: false };
  if (depth >= maxDepth) return { data: null, tooDeep: true };
  let tooDeep = false;
  const convert = (item: unknown): unknown => {
    const converted = plain(item, depth + 1);
    tooDeep ||= converted.tooDeep;
    return converted.data;
  };
  if (Array.isArray(value)) return { data: value.map(convert), tooDeep };
  const data: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) setOwn(data, key, convert(item));
  return { data, tooDeep };
}

function syntaxError(source: SourceText, error: TomlError): Diagnostic {
  const reason = (error.message.split('\n', 1)[0] ?? '').replace(/^Invalid TOML document: /, '');
  const lineLength = source.text.split('\n')[error.line - 1]?.length ?? 0;
  const column = Math.max(1, Math.min(error.column, lineLength));
  const origin = { kind: 'text', source, line: error.line, column, length: 1 } as const;
  const code = reason.startsWith('trying to redefine') ? 'FL1004' : reason.includes('nested') ? 'FL1006' : 'FL1003';
  const message =
    code === 'FL1004' ? 'the key or table is written twice' : code === 'FL1006' ? tooDeep : (reasons[reason] ?? reason);
  return diagnose(code, { message, hint: hintFor(reason), path: [], origin });
}

const reasons: Readonly<Record<string, string>> = {
  'invalid value': 'the value is missing or malformed',
  'illegal character in key': 'the key or the header of the table is malformed',
  'control characters are not allowed in strings': 'the quote is not closed on its line',
  'expected comma or end of structure': 'a comma or a closing bracket is missing',
  'each key-value declaration must be followed by an end-of-line': 'a second setting on the line',
  'unrecognised escape sequence': 'the escape sequence does not exist',
};

function hintFor(reason: string): string | undefined {
  if (reason === 'invalid value') return 'put text in quotes; true and false are lower case';
  if (reason.startsWith('control characters')) return 'close it, or use """ for several lines';
  if (reason.startsWith('unrecognised escape')) return "use single quotes ('…'), in which a backslash is literal";
  return undefined;
}
