/**
 * Brings plain data into the form its schema expects: keys in the schema's spelling, text turned into numbers, booleans
 * and lists where the schema wants those. One walk, linear in the size of the document; input is never changed, since
 * aliases may share it.
 */
import type { DiagnosticCode } from '../diagnostics/codes.js';
import { type Diagnostic, diagnose } from '../diagnostics/diagnostic.js';
import { isSecretPath } from '../diagnostics/redact.js';
import { nearestName, successorOf } from '../diagnostics/suggest.js';
import { kindOf, quoted } from './describe.js';
import type { Document } from './origin.js';
import { formatPath, isMapping, nameOf } from './path.js';
import type { ListShape, ObjectShape, RecordShape, Shape, UnionShape } from './shape.js';
import { booleanOf, numberOf, scalarText } from './coerce.js';
import { setOwn } from './yaml-values.js';

/** Returned for a value that was reported; the caller leaves it out. */
export const unusable = Symbol('unusable');

/** What the walk found, besides the data. */
export interface Reports {
  readonly diagnostics: Diagnostic[];
  /** Formatted paths that were reported as errors, so that a later step does not report them again. */
  readonly reported: Set<string>;
  /** Called with the path of each error, while it is the current one. */
  onError(path: readonly (string | number)[]): void;
}

/** One walk over one document. `path` is where the data stands in it, in the schema's spelling. */
export class Normaliser {
  readonly #document: Document;
  readonly #reports: Reports;
  readonly #path: (string | number)[];

  constructor(document: Document, path: readonly (string | number)[], reports: Reports) {
    this.#document = document;
    this.#path = [...path];
    this.#reports = reports;
  }

  /** The data in the form of `shape`; `unusable` after an error was reported, undefined for "as if not written". */
  convert(value: unknown, shape: Shape): unknown {
    if (shape.notYet) {
      if (isAsked(value)) this.#notYet(shape.loss ?? ignored);
      return undefined;
    }
    if (shape.withoutEffect !== undefined && isAsked(value)) this.#withoutEffect(shape.withoutEffect);
    switch (shape.kind) {
      case 'object':
        return this.#object(value, shape);
      case 'record':
        return this.#record(value, shape);
      case 'list':
        return this.#list(value, shape);
      case 'union':
        return this.#union(value, shape);
      case 'any':
        return value === null ? undefined : value;
      default:
        return this.#scalar(value, shape);
    }
  }

  #object(value: unknown, shape: ObjectShape): unknown {
    if (isMapping(value)) return this.#members(value, shape);
    if (value === null) return shape.bare ? {} : undefined;
    const asked = booleanOf(value);
    if (asked === false && shape.bare) return undefined;
    // Flags and environment write `--entryPoints.web`, which arrives as the text "true", for any object.
    if (asked === true && (shape.bare || typeof value === 'string')) return {};
    return this.#wrongType(value, 'a mapping of keys');
  }

  #members(value: Record<string, unknown>, shape: ObjectShape): Record<string, unknown> {
    const converted: Record<string, unknown> = {};
    for (const key in value) {
      if (!Object.hasOwn(value, key)) continue;
      const member = shape.members.get(key.toLowerCase());
      if (member === undefined) {
        if (shape.strict) this.#unknownKey(key, shape);
        else setOwn(converted, key, value[key]);
        continue;
      }
      const isRepeated = Object.hasOwn(converted, member.name);
      this.#path.push(isRepeated ? key : member.name);
      if (isRepeated) this.#twoSpellings(member.name);
      else this.#keep(converted, member.name, this.convert(value[key], member.shape()));
      this.#path.pop();
    }
    return converted;
  }

  #record(value: unknown, shape: RecordShape): unknown {
    if (value === null) return undefined;
    if (!isMapping(value)) return this.#wrongType(value, 'a mapping of names');
    const converted: Record<string, unknown> = {};
    for (const key in value) {
      if (!Object.hasOwn(value, key)) continue;
      this.#path.push(key);
      this.#keep(converted, key, this.#entry(value[key], shape.value));
      this.#path.pop();
    }
    return converted;
  }

  /** An entry exists because its name is written, even with nothing below it. */
  #entry(value: unknown, shape: Shape): unknown {
    return value === null && (shape.kind === 'object' || shape.kind === 'record') ? {} : this.convert(value, shape);
  }

  #keep(target: Record<string, unknown>, key: string, value: unknown): void {
    if (value !== unusable && value !== undefined) setOwn(target, key, value);
  }

  #list(value: unknown, shape: ListShape): unknown {
    if (value === null) return undefined;
    const items = listItems(value, shape);
    if (items === undefined)
      return this.#wrongType(value, 'a list', isMapping(value) ? 'begin each entry with "- "' : undefined);
    const converted: unknown[] = [];
    items.forEach((item, index) => {
      this.#path.push(index);
      const element = this.#entry(item, shape.element);
      // A place is kept for what is left out, so that later findings name the index the user counts.
      converted.push(element === unusable ? undefined : element);
      this.#path.pop();
    });
    return converted;
  }

  #union(value: unknown, shape: UnionShape): unknown {
    if (value === null) return undefined;
    const fits = (option: Shape) => accepts(option, value);
    const option = shape.options.find(fits);
    if (option === undefined || (!isMapping(value) && !Array.isArray(value))) return value;
    return this.convert(value, option);
  }

  #scalar(value: unknown, shape: Exclude<Shape, ObjectShape | RecordShape | ListShape | UnionShape>): unknown {
    if (value === null) return undefined;
    if (typeof value === 'object') return this.#wrongType(value, expected[shape.kind]);
    switch (shape.kind) {
      case 'number':
      case 'bigint':
        return numberOf(value, shape.kind) ?? this.#wrongType(value, expected[shape.kind]);
      case 'boolean':
        return booleanOf(value) ?? this.#wrongType(value, expected.boolean);
      case 'choice':
        return choice(value, shape.values);
      default:
        return scalarText(value);
    }
  }

  #notYet(effect: string): void {
    const path = formatPath(this.#path);
    this.#report('FL2010', `"${path}" is not supported yet`, { part: 'key', effect });
  }

  #withoutEffect(reason: string): void {
    this.#report('FL2011', `"${formatPath(this.#path)}" has no effect: ${reason}`, {
      part: 'key',
      effect: ignored,
    });
  }

  #wrongType(value: unknown, wanted: string, hint?: string): typeof unusable {
    this.#report('FL2002', `${nameOf(this.#path)} must be ${wanted}, not ${this.#shown(value)}`, { hint });
    return unusable;
  }

  #shown(value: unknown): string {
    const secret = isSecretPath(this.#path) || this.#document.isSecret?.(this.#path) === true;
    return secret ? kindOf(value) : quoted(value);
  }

  #twoSpellings(name: string): void {
    this.#report('FL1014', `key "${name}" is written twice, in two spellings`, { part: 'key' });
  }

  #unknownKey(key: string, shape: ObjectShape): void {
    const where = this.#path.length === 0 ? '' : ` in ${formatPath(this.#path)}`;
    const nearest = nearestName(key, names(shape)) ?? nested(key, shape);
    // The key that was meant is not reported as missing as well.
    if (nearest !== undefined) this.#reports.reported.add(formatPath([...this.#path, nearest]));
    const successor = successorOf(key);
    const hint = successor ?? (nearest === undefined ? undefined : `did you mean "${nearest}"?`);
    this.#path.push(key);
    const code = successor === undefined ? 'FL2001' : 'FL2009';
    this.#report(code, `unknown key "${key}"${where}`, { part: 'key', hint });
    this.#path.pop();
  }

  #report(
    code: DiagnosticCode,
    message: string,
    more: { readonly part?: 'key'; readonly hint?: string | undefined; readonly effect?: string },
  ): void {
    const origin = this.#document.origin(this.#path, more.part ?? 'value');
    const path = formatPath(this.#path);
    const diagnostic = diagnose(code, { message, path, origin, hint: more.hint, effect: more.effect });
    this.#reports.diagnostics.push(diagnostic);
    if (diagnostic.severity !== 'error') return;
    this.#reports.reported.add(path);
    this.#reports.onError(this.#path);
  }
}

const ignored = 'the key is ignored; everything else applies';

/** Whether the user asks for something with this value, rather than for nothing. */
function isAsked(value: unknown): boolean {
  return value !== null && booleanOf(value) !== false;
}

const expected = {
  text: 'text',
  choice: 'text',
  any: 'a value',
  number: 'a number',
  bigint: 'a number',
  boolean: 'true or false',
} as const;

function listItems(value: unknown, shape: ListShape): readonly unknown[] | undefined {
  if (Array.isArray(value)) return value as readonly unknown[];
  const ofScalars = !['object', 'record', 'list'].includes(shape.element.kind);
  if (typeof value === 'string') return ofScalars ? split(value) : undefined;
  if (typeof value !== 'object') return ofScalars ? [value] : undefined;
  // `KEY_0_NAME` in the environment, and lists of TOML converters: a mapping of indexes.
  const keys = Object.keys(value as object);
  if (keys.length === 0 || !keys.every((key) => /^\d{1,4}$/.test(key))) return undefined;
  return keys.sort((a, b) => Number(a) - Number(b)).map((key) => (value as Record<string, unknown>)[key]);
}

function split(value: string): string[] {
  const parts = value.split(',').map((part) => part.trim());
  return parts.filter((part) => part !== '');
}

function accepts(shape: Shape, value: unknown): boolean {
  if (isMapping(value)) return shape.kind === 'object' || shape.kind === 'record' || shape.kind === 'any';
  if (Array.isArray(value)) return shape.kind === 'list' || shape.kind === 'any';
  return false;
}

function choice(value: unknown, values: readonly unknown[]): unknown {
  if (values.includes(value)) return value;
  const lower = String(value).toLowerCase();
  return values.find((allowed) => String(allowed).toLowerCase() === lower) ?? value;
}

function* names(shape: ObjectShape): Iterable<string> {
  for (const { name } of shape.members.values()) yield name;
}

/** Levels below the unknown key's object that are searched for a key of that very name. */
const searchedLevels = 3;

/** The dotted name of a key of that very name further down, such as "transport.lifeCycle". */
function nested(key: string, shape: ObjectShape): string | undefined {
  return descend(key.toLowerCase(), shape, searchedLevels);
}

function descend(lower: string, shape: ObjectShape, levels: number): string | undefined {
  const direct = shape.members.get(lower);
  if (direct !== undefined) return direct.name;
  if (levels === 0) return undefined;
  for (const member of shape.members.values()) {
    const inner = member.shape();
    if (inner.kind !== 'object') continue;
    const found = descend(lower, inner, levels - 1);
    if (found !== undefined) return `${member.name}.${found}`;
  }
  return undefined;
}
