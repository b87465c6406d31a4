/** Where a value of the configuration was written. */

/** One text that configuration was read from. Its lines are kept for the excerpt of a message. */
export interface SourceText {
  /** File path as the user would recognise it. */
  readonly name: string;
  readonly text: string;
}

/** A place in a text. Line and column count from 1; `length` is the number of characters to underline. */
export interface TextOrigin {
  readonly kind: 'text';
  readonly source: SourceText;
  readonly line: number;
  readonly column: number;
  readonly length: number;
}

/** The place a value came from; the last layer that set it wins. */
export type Origin =
  | TextOrigin
  | { readonly kind: 'flag'; readonly flag: string }
  | { readonly kind: 'environment'; readonly variable: string }
  /** Handed over by an embedding program, or made by Fairlead itself. */
  | { readonly kind: 'object'; readonly owner: string }
  | { readonly kind: 'default' };

/** Keys and list indexes from the root of a document down to one value. */
export type Path = readonly (string | number)[];

/** Where the keys and values of a document were written. */
export interface Places {
  /**
   * The place of the value at `path`, or of its key; the nearest known ancestor's when it has none itself.
   * Keys are found without regard to case, so the schema's spelling finds what a user spelled otherwise.
   */
  origin(path: Path, part?: 'key' | 'value'): Origin;
  /** Whether the value at `path` came, in whole or part, from `${env:…}` or `${file:…}` and must never be shown. */
  isSecret?(path: Path): boolean;
  /** For places of one version after the other: another number for every version. Findings are about one. */
  readonly version?: number;
}

/** A parsed document that still knows where each key and value was written. */
export interface Document extends Places {
  /** Plain data: objects, arrays, strings, numbers, booleans, null; integers beyond 2^53 are bigints. */
  readonly value: unknown;
  /**
   * For a document of which there is one version after the other: an object that is the same for all of them and knows the
   * places of the last one. What is the same in two of them is the same value.
   */
  readonly places?: Places;
  /** Set where it is known that no text of it holds a reference: nobody has to look for one. */
  readonly isLiteral?: boolean;
}
