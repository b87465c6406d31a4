/**
 * What the index of the data plane can find a regular expression by: literal text that everything it matches ends or
 * begins with. Such a text is a necessary condition of the pattern, never a sufficient one.
 */

/** Literal text, in lower case, at the end of every host that a pattern matches; empty when none is found. */
export function hostEnd(source: string): string {
  const pieces = piecesOf(source.startsWith('(?i)') ? source.slice(4) : source);
  if (pieces?.at(-1) !== '$') return '';
  const from = pieces.slice(0, -1).findLastIndex((piece) => typeof piece !== 'object');
  return literal(pieces.slice(from + 1, -1)).toLowerCase();
}

/** Literal text at the beginning of every path that a pattern matches; empty when none is found. */
export function pathStart(source: string): string {
  const pieces = piecesOf(source);
  if (pieces?.[0] !== '^') return '';
  const end = pieces.findIndex((piece, at) => at > 0 && typeof piece !== 'object');
  return literal(pieces.slice(1, end === -1 ? undefined : end));
}

/** A part of a pattern: one character, an anchor, or anything else. */
type Piece = { readonly char: string } | '^' | '$' | 'other';

const literal = (pieces: readonly Piece[]): string =>
  pieces.map((piece) => (typeof piece === 'object' ? piece.char : '')).join('');

const pieceText = /\\.|\[\^?\]?(?:\[:\^?\w+:\]|\\.|[^\]\\])*\]|[\s\S]/suy;
/** Escapes that stand for more or other than one character of theirs, but for those of classes and word boundaries. */
const strangeEscape = /\\[^dDwWsSbB\W_]/;
const flags = /\(\?[imsU-]+[:)]/;

/** The parts of a pattern in order; undefined where the order says little: alternatives, flags. */
function piecesOf(source: string): readonly Piece[] | undefined {
  if (strangeEscape.test(source) || flags.test(source)) return undefined;
  const found: Piece[] = [];
  let depth = 0;
  for (let at = 0; at < source.length;) {
    pieceText.lastIndex = at;
    const text = pieceText.exec(source)?.[0] ?? source.slice(at);
    at += text.length;
    if (text === '(') depth += 1;
    if (text === ')') depth -= 1;
    if (text === '|' && depth === 0) return undefined;
    if (/^[*+?{]/.test(text)) {
      // What stands before may be missing or come again.
      found[found.length - 1] = 'other';
      at += /^\d+(?:,\d*)?\}/.exec(source.slice(at, at + 12))?.[0].length ?? 0;
    }
    found.push(depth > 0 ? 'other' : pieceOf(text));
  }
  return found;
}

function pieceOf(text: string): Piece {
  if (text === '^' || text === '$') return text;
  if (/^(?:[.()[*+?{]|\\\w)/.test(text)) return 'other';
  return { char: text.startsWith('\\') ? text.slice(1) : text };
}
