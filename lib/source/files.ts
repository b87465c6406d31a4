/** Reads small files without being held up by what is not a file. */
import { isAscii } from 'node:buffer';
import { constants, type PathLike } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';

/** Bytes that are asked for at least where a file is longer than it said. */
const smallestRead = 64 * 1024;

/** Thrown by `readRegularFile`; its message says why in a few words. */
export class FileFault extends Error {
  override readonly name = 'FileFault';

  /** Whether the path leads nowhere, rather than to something that cannot be read. */
  get isMissing(): boolean {
    const code = (this.cause as NodeJS.ErrnoException | undefined)?.code;
    return code === 'ENOENT' || code === 'ENOTDIR';
  }
}

/**
 * The text of a regular file of at most `limit` bytes, as UTF-8 without a byte order mark. Pipes, devices and directories
 * are refused without waiting for them. Throws `FileFault`.
 */
export async function readRegularFile(path: PathLike, limit: number): Promise<string> {
  let file: FileHandle;
  try {
    // Without O_NONBLOCK, opening a pipe that nobody writes to would wait for ever.
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (cause) {
    throw new FileFault(reason(cause), { cause });
  }
  try {
    const status = await file.stat();
    if (status.isDirectory()) throw new FileFault('it is a directory');
    if (!status.isFile()) throw new FileFault('it is not a regular file');
    if (status.size > limit) throw new FileFault(`it is larger than ${limit / 1024 / 1024} MiB`);
    const bytes = await readAll(file, status.size, limit);
    if (bytes.length > limit) throw new FileFault(`it is larger than ${limit / 1024 / 1024} MiB`);
    const text = decodeText(bytes);
    if (bytes.length >= largeRead) spare = new WeakRef(bytes.buffer);
    return text;
  } catch (cause) {
    if (cause instanceof FileFault) throw cause;
    throw new FileFault(reason(cause), { cause });
  } finally {
    await file.close();
  }
}

/** From this size on a buffer is used again: large ones count for the collector, which begins a round for every other. */
const largeRead = 1024 * 1024;
/** The last large buffer, while nobody reads into it and the collector leaves it. */
let spare: WeakRef<ArrayBufferLike> | undefined;

function bufferOf(size: number): Buffer {
  const known = size < largeRead ? undefined : spare?.deref();
  if (known === undefined || known.byteLength < size) return Buffer.allocUnsafeSlow(size);
  spare = undefined;
  return Buffer.from(known, 0, size);
}

/** At most a byte more than `limit`. A file whose size says nothing (of /proc), or that grows meanwhile, is read to its end. */
async function readAll(file: FileHandle, size: number, limit: number): Promise<Buffer> {
  let bytes = bufferOf(size + 1);
  let used = 0;
  for (;;) {
    const { bytesRead } = await file.read(bytes, used, bytes.length - used);
    used += bytesRead;
    if (bytesRead === 0 || used > limit) return bytes.subarray(0, used);
    if (used === bytes.length) bytes = Buffer.concat([bytes, Buffer.allocUnsafeSlow(Math.max(used, smallestRead))]);
  }
}

function decodeText(bytes: Buffer): string {
  // Far quicker than the decoder. As Latin-1 it would be quicker still, but a large text of it lies outside the heap of V8, which
  // collects everything when a few of them are gone.
  if (isAscii(bytes)) return bytes.toString('utf8');
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new FileFault('it is not UTF-8 text', { cause });
  }
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EISDIR: 'it is a directory',
  ENOTDIR: 'a part of the path is not a directory',
  ELOOP: 'too many symbolic links',
  ENXIO: 'it is not a regular file',
  EMFILE: 'too many open files',
  ENAMETOOLONG: 'the name is too long',
};

function reason(cause: unknown): string {
  const code = (cause as NodeJS.ErrnoException | null)?.code ?? '';
  return reasons[code] ?? (cause instanceof Error ? cause.message : String(cause));
}
