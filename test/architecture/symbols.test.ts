// What the addon shows to the process it is loaded into, and what it asks of it. Node exports its own zlib, brotli, zstd,
// nghttp2 and OpenSSL: a copy of ours that is visible, or missing, would silently be replaced by Node's.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, test } from 'node:test';

const addon = resolve(import.meta.dirname, '../../build/Release/fairlead.node');

describe('build/Release/fairlead.node', { skip: existsSync(addon) ? false : 'not built (npm run build)' }, () => {
  const defined = symbols('--defined-only');
  const wanted = symbols('--undefined-only');

  test('exports the two Node-API entry points and nothing else', () => {
    assert.deepEqual(
      defined.map(({ name }) => name),
      ['napi_register_module_v1', 'node_api_module_get_api_version_v1'],
    );
  });

  test('imports nothing that Node happens to export, but Node-API', () => {
    const foreign =
      /^_?(SSL_|CRYPTO_|EVP_|X509|nghttp2_|ares_|Brotli|ZSTD_|inflate|deflate|crc32|adler32|uv_|llhttp_|simdjson)/;
    assert.deepEqual(
      wanted.filter(({ name }) => foreign.test(name)),
      [],
    );
  });

  test('imports only from glibc, libgcc and Node-API', () => {
    const strangers = wanted.filter(
      ({ name, library }) => !/^(GLIBC|GCC)_/.test(library) && !name.startsWith('napi_') && !isWeakHook(name),
    );
    assert.deepEqual(strangers, []);
  });

  test('needs no glibc above 2.28', () => {
    const tooNew = wanted.filter(({ library }) => library.startsWith('GLIBC_') && above(library.slice(6), [2, 28]));
    assert.deepEqual(tooNew, []);
  });
});

interface DynamicSymbol {
  readonly name: string;
  /** Version with the prefix of its library, such as GLIBC_2.17; empty where the symbol has none. */
  readonly library: string;
}

function symbols(kind: '--defined-only' | '--undefined-only'): DynamicSymbol[] {
  if (!existsSync(addon)) return [];
  return execFileSync('nm', ['-D', kind, addon], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map((line) => line.trim().split(' ').at(-1) ?? '')
    .map((symbol) => symbol.split('@'))
    .map((parts) => ({ name: parts[0] ?? '', library: parts.at(-1) === parts[0] ? '' : (parts.at(-1) ?? '') }))
    .sort((a, b) => a.name.localeCompare(b.name));
}

/**
 * Weak references that may stay unresolved: the compiler's start-up files, the allocator hooks of AWS-LC, and the
 * initialiser of a thread-local variable of RE2 that needs none. */
function isWeakHook(name: string): boolean {
  return /^(__gmon_start__|_ITM_(de)?registerTMCloneTable|OPENSSL_memory_(alloc|free|get_size|realloc)|sdallocx|_ZTHN3re25hooks7contextE)$/.test(
    name,
  );
}

function above(version: string, [major, minor]: readonly [number, number]): boolean {
  const parts = version.split('.').map(Number);
  const [itsMajor = 0, itsMinor = 0] = parts;
  return itsMajor > major || (itsMajor === major && itsMinor > minor);
}
