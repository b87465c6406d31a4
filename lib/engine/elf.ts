/** Looks at a shared object before the dynamic linker does, which is killed by SIGBUS where a file ends too early. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

/** Bytes of the header of a 64-bit ELF file, with the fields used here (System V ABI, "ELF Header"). */
const headerSize = 64;
const magic = Buffer.from([0x7f, 0x45, 0x4c, 0x46]);
const sectionHeaders = { offset: 40, entrySize: 58, count: 60 } as const;

/**
 * Throws when `path` is an ELF file that is shorter than its own header says: the table of sections comes last, so a file
 * that was cut off lacks it. Whatever else is wrong with a file is left to the linker, which has words for it.
 */
export function checkWhole(path: string): void {
  const file = openSync(path, 'r');
  try {
    const header = Buffer.alloc(headerSize);
    if (readSync(file, header, 0, headerSize, 0) < headerSize || !header.subarray(0, 4).equals(magic)) return;
    const sections = header.readUInt16LE(sectionHeaders.entrySize) * header.readUInt16LE(sectionHeaders.count);
    const needed = header.readBigUInt64LE(sectionHeaders.offset) + BigInt(sections);
    const { size } = fstatSync(file);
    if (BigInt(size) < needed) throw new Error(`${path}: file too short: ${size} of ${needed} bytes`);
  } finally {
    closeSync(file);
  }
}
