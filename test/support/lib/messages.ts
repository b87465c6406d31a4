/** The requests in a piece of bytes as RFC 9112 has them: written to be obviously right, so that a proxy can be held to it. */

export interface Message {
  readonly method: string;
  readonly target: string;
  readonly body: Buffer;
  /** False when the head is sound, but the body breaks off or is framed wrongly. */
  readonly complete: boolean;
}

export interface Reading {
  /** Only the last can be one that is not complete. */
  readonly messages: readonly Message[];
  /** What is behind the complete ones: nothing, a message that may go on, a wrong one, or bytes after one that ends all. */
  readonly rest: 'none' | 'incomplete' | 'wrong' | 'ignored';
}

class Wrong extends Error {}
class Incomplete extends Error {}

/** Walks over text of one-byte characters. */
class Cursor {
  readonly text: string;
  at = 0;

  constructor(text: string) {
    this.text = text;
  }
  ended(): boolean {
    return this.at === this.text.length;
  }
  /** Up to the next CR LF, which is skipped; every other CR or LF is wrong. */
  line(): string {
    const end = this.text.indexOf('\r\n', this.at);
    if (end < 0) throw new Incomplete();
    const line = this.text.slice(this.at, end);
    if (/[\r\n]/.test(line)) throw new Wrong();
    this.at = end + 2;
    return line;
  }
  take(size: number): string {
    if (this.text.length - this.at < size) throw new Incomplete();
    this.at += size;
    return this.text.slice(this.at - size, this.at);
  }
}

type Fields = ReadonlyMap<string, readonly string[]>;

function readFields(cursor: Cursor): Fields {
  const fields = new Map<string, string[]>();
  for (let line = cursor.line(); line !== ''; line = cursor.line()) {
    const [, name, value] = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\t\x20-\x7e\x80-\xff]*?)[ \t]*$/.exec(line) ?? [];
    if (name === undefined || value === undefined) throw new Wrong();
    fields.set(name.toLowerCase(), [...(fields.get(name.toLowerCase()) ?? []), value]);
  }
  return fields;
}

function readChunks(cursor: Cursor): string {
  let body = '';
  for (;;) {
    const [, digits] = /^([0-9A-Fa-f]{1,16})(?:[ \t]*;.*)?$/.exec(cursor.line()) ?? [];
    if (digits === undefined) throw new Wrong();
    const size = Number.parseInt(digits, 16);
    if (size === 0) break;
    body += cursor.take(size);
    if (cursor.take(2) !== '\r\n') throw new Wrong();
  }
  readFields(cursor);
  return body;
}

/** RFC 9112 section 6.3. */
function readBody(cursor: Cursor, fields: Fields, minor: string): string {
  const codings = fields.get('transfer-encoding');
  const lengths = fields.get('content-length');
  if (codings !== undefined) {
    if (lengths !== undefined || codings.length > 1 || minor === '0') throw new Wrong();
    if (codings[0]?.toLowerCase() !== 'chunked') throw new Wrong();
    return readChunks(cursor);
  }
  if (lengths === undefined) return '';
  const [length = ''] = lengths;
  if (lengths.length > 1 || !/^[0-9]{1,15}$/.test(length)) throw new Wrong();
  return cursor.take(Number(length));
}

/** RFC 9112 section 9.3. */
function persists(fields: Fields, minor: string): boolean {
  const options = (fields.get('connection') ?? []).flatMap((value) => value.toLowerCase().split(','));
  const has = (option: string): boolean => options.some((each) => each.trim() === option);
  return !has('close') && (minor !== '0' || has('keep-alive'));
}

/** Reads one message; false when none may follow it. */
function readMessage(cursor: Cursor, messages: Message[]): boolean {
  if (cursor.text.startsWith('\r\n', cursor.at)) cursor.at += 2;
  const [, method, target, minor] = /^([^ ]+) ([^ ]+) HTTP\/1\.([0-9])$/.exec(cursor.line()) ?? [];
  if (method === undefined || target === undefined || minor === undefined) throw new Wrong();
  const fields = readFields(cursor);
  messages.push({ method, target, body: Buffer.alloc(0), complete: false });
  const body = readBody(cursor, fields, minor);
  messages[messages.length - 1] = { method, target, body: Buffer.from(body, 'latin1'), complete: true };
  return persists(fields, minor);
}

/** Reads text of one-byte characters. */
export function readMessages(text: string): Reading {
  const messages: Message[] = [];
  const cursor = new Cursor(text);
  try {
    while (!cursor.ended()) {
      if (!readMessage(cursor, messages)) return { messages, rest: cursor.ended() ? 'none' : 'ignored' };
    }
    return { messages, rest: 'none' };
  } catch (thrown) {
    if (thrown instanceof Incomplete) return { messages, rest: 'incomplete' };
    if (thrown instanceof Wrong) return { messages, rest: 'wrong' };
    throw thrown;
  }
}
