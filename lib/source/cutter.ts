/** What the cutters of large texts have in common. */

/** The mapping that the entries of a part belong to. */
export interface Place {
  /** Keys from the root of the document. */
  readonly path: readonly string[];
  /** In YAML the columns of the keys below each key of the path. */
  readonly columns: readonly number[];
}

/** A stretch of a text with entries of one mapping. One without any text says that all that follows is known. */
export interface Cut {
  readonly start: number;
  readonly end: number;
  readonly place: Place;
  /** What makes a text of its own of it: the braces of JSON. */
  readonly around: readonly [open: string, close: string];
  /** What stands there, as a mapping; undefined where it is not plain. */
  readonly read: () => unknown;
}

/**
 * The cuts of a text, behind a part that is known; undefined, and the end, where the text is not as cutters expect. `isKnown`
 * says whether a part of the same place begins at an offset and is known, with everything behind it.
 */
export type Cutter = (
  text: string,
  after: Pick<Cut, 'end' | 'place'> | undefined,
  isKnown: (at: number, place: Place) => boolean,
) => Iterable<Cut | undefined>;

/** Where the entries of a root have no mapping around them. */
export const root: Place = { path: [], columns: [] };

/** The mappings that are large. Everything else is a part as it is. */
const cutMappings: ReadonlySet<string> = new Set([
  'http',
  ...['routers', 'services', 'middlewares', 'serversTransports'].map((key) => `http.${key}`),
]);

/** Whether the entries of a mapping are parts of their own. */
export const isCut = (path: readonly string[]): boolean => path.length > 0 && cutMappings.has(path.join('.'));

/** Characters after which a part ends with the next entry: some 250 routers. */
export const partLength = 32 * 1024;

export const samePlace = (a: Place | undefined, b: Place): boolean =>
  a !== undefined &&
  a.path.length === b.path.length &&
  a.path.every((key, at) => key === b.path[at]) &&
  a.columns.every((column, at) => column === b.columns[at]);

/** What has rules of its own in one of the formats, and between parts would be seen by nobody. */
export const isStrange = (gap: string): boolean => /[\t\r\uFEFF\u0085\u2028\u2029]/.test(gap);
