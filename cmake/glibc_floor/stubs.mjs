// Writes link-time stand-ins for the C library that know no symbol younger than a given glibc.
//
//   node cmake/glibc_floor/stubs.mjs <floor, such as 2.28> <folder> <C compiler>
//
// Linking against the machine's own libc binds every symbol to its newest version, and the addon would then refuse to load
// on older systems although nothing in it needs the newer behaviour. A stand-in offers, for each name, the newest version
// that is not above the floor; a name that is younger altogether becomes a link error, which shims.c answers.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [floor, folder, compiler] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });
buildStub('libm.so.6', 'libm.so');
// Part of it has moved to libc since the floor, under the same versions: the dynamic linker looks in both.
buildStub('libresolv.so.2', 'libresolv.so');
buildStub('libc.so.6', 'libc_stub.so');
// The real libc.so is a linker script that also names libc_nonshared.a (atexit) and the dynamic linker (__tls_get_addr).
const linkerScript = readFileSync(libraryPath('libc.so'), 'utf8');
writeFileSync(join(folder, 'libc.so'), linkerScript.replace(/\S*libc\.so\.6/, join(folder, 'libc_stub.so')));

function buildStub(soname, output) {
  const symbols = newestUpToFloor(libraryPath(soname));
  const source = join(folder, `${soname}.s`);
  const script = join(folder, `${soname}.map`);
  writeFileSync(source, assembly(symbols));
  writeFileSync(script, versionScript(symbols));
  const link = ['-shared', '-nostdlib', `-Wl,-soname,${soname}`, `-Wl,--version-script,${script}`];
  execFileSync(compiler, [...link, '-o', join(folder, output), source], { stdio: ['ignore', 'inherit', 'inherit'] });
}

function libraryPath(name) {
  return execFileSync(compiler, [`-print-file-name=${name}`], { encoding: 'utf8' }).trim();
}

/** The dynamic symbols of a library, one for each name: { name, version, type, size }. */
function newestUpToFloor(library) {
  const listing = execFileSync('readelf', ['--dyn-syms', '-W', library], { encoding: 'utf8', maxBuffer: 64 << 20 });
  const chosen = new Map();
  const row = /^\s*\d+: [0-9a-f]+\s+(\w+) (\w+)\s+(?:GLOBAL|WEAK)\s+DEFAULT\s+(?!UND)\w+ (\w+)@@?GLIBC_([\d.]+)/gm;
  for (const [, size, type, name, version] of listing.matchAll(row)) {
    if (compare(version, floor) > 0) continue;
    const known = chosen.get(name);
    if (!known || compare(version, known.version) > 0) chosen.set(name, { name, version, type, size: Number(size) });
  }
  return [...chosen.values()];
}

function compare(a, b) {
  const [left, right] = [a, b].map((text) => text.split('.').map(Number));
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

function assembly(symbols) {
  const lines = symbols.map(({ name, version, type, size }, index) => {
    const label = `stub_${index}`;
    const kind = type === 'OBJECT' ? '%object' : type === 'TLS' ? '%tls_object' : '%function';
    const section = type === 'OBJECT' ? '.data' : type === 'TLS' ? '.section .tdata,"awT",%progbits' : '.text';
    const body = `.globl ${label}\n.type ${label}, ${kind}\n.size ${label}, ${size}\n${label}: .zero ${Math.max(size, 1)}`;
    return `${section}\n${body}\n.symver ${label}, ${name}@@GLIBC_${version}`;
  });
  return `${lines.join('\n')}\n.section .note.GNU-stack,"",%progbits\n`;
}

function versionScript(symbols) {
  const versions = [...new Set(symbols.map(({ version }) => version))].sort(compare);
  return (
    versions.map((version, index) => `GLIBC_${version} {${index === 0 ? ' local: stub_*; ' : ''}};`).join('\n') + '\n'
  );
}
