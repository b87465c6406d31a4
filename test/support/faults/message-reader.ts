/** Reads HTTP/1 messages as their bytes come, for many connections at once: no promise per message. */

/** What was received is no message. */
export class BrokenMessage extends Error {}

export interface MessageHead {
  readonly line: string;
  /** By name in lower case; values of the same name are joined by a comma. */
  readonly fields: ReadonlyMap<string, string>;
}

const headEnd = Buffer.from('\r\n\r\n');
const lineEnd = Buffer.from('\r\n');
const nothing = Buffer.alloc(0);

function headFrom(text: string): MessageHead {
  const [line = '', ...rest] = text.split('\r\n');
  const fields = new Map<string, string>();
  for (const field of rest) {
    const colon = field.indexOf(':');
    if (colon < 1) throw new BrokenMessage(`no field: ${JSON.stringify(field)}`);
    const name = field.slice(0, colon).toLowerCase();
    const value = field.slice(colon + 1).trim();
    const before = fields.get(name);
    fields.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  return { line, fields };
}

export class MessageReader {
  #bytes: Buffer = nothing;
  #chunks: Buffer[] = [];

  push(bytes: Buffer): void {
    this.#bytes = this.#bytes.length === 0 ? bytes : Buffer.concat([this.#bytes, bytes]);
  }

  /** What was received and does not belong to a message that was read. */
  get rest(): Buffer {
    return this.#bytes;
  }

  /** The next head, once it is whole. */
  head(): MessageHead | undefined {
    const at = this.#bytes.indexOf(headEnd);
    if (at < 0) return undefined;
    return headFrom(this.#cut(at + 4).toString('latin1', 0, at));
  }

  /** The body that belongs to `head`, once it is whole. `toClose`: without framing it would end with the connection. */
  body({ fields }: MessageHead, toClose: boolean): Buffer | undefined {
    const coding = fields.get('transfer-encoding');
    const length = fields.get('content-length');
    if (coding !== undefined) {
      if (coding !== 'chunked' || length !== undefined)
        throw new BrokenMessage(`${coding}, length ${length ?? 'none'}`);
      return this.#chunked();
    }
    if (length === undefined) {
      if (toClose) throw new BrokenMessage('a body without an end');
      return nothing;
    }
    if (!/^\d+$/.test(length)) throw new BrokenMessage(`length ${length}`);
    return this.#bytes.length < Number(length) ? undefined : this.#cut(Number(length));
  }

  #cut(size: number): Buffer {
    const piece = this.#bytes.subarray(0, size);
    this.#bytes = this.#bytes.subarray(size);
    return piece;
  }

  /** Chunks that have come are kept until the last one has. */
  #chunked(): Buffer | undefined {
    for (;;) {
      const at = this.#bytes.indexOf(lineEnd);
      if (at < 0) return undefined;
      const line = this.#bytes.toString('latin1', 0, at);
      if (!/^[0-9a-f]+$/i.test(line)) throw new BrokenMessage(`chunk line ${JSON.stringify(line)}`);
      const size = Number.parseInt(line, 16);
      const end = at + 2 + size;
      if (this.#bytes.length < end + 2) return undefined;
      if (this.#bytes[end] !== 13 || this.#bytes[end + 1] !== 10) throw new BrokenMessage('a chunk that does not end');
      this.#chunks.push(this.#cut(end + 2).subarray(at + 2, end));
      if (size > 0) continue;
      const whole = Buffer.concat(this.#chunks);
      this.#chunks = [];
      return whole;
    }
  }
}
