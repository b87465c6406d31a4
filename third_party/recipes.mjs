// What each library is made from. A recipe finds its source, says how it is compiled, and which archives and header
// folders the build may use. Versions and reasons: docs/adr and third_party/README.md.
import { createRequire } from 'node:module';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { compile } from './compile.mjs';
import { fetchPackage, fetchSource } from './debian.mjs';

const here = import.meta.dirname;
const require = createRequire(import.meta.url);

/** A source put there by hand: FAIRLEAD_THIRD_PARTY_DIR/<name>. */
function byHand(name) {
  const dir = process.env.FAIRLEAD_THIRD_PARTY_DIR;
  const path = dir && join(dir, name);
  return path && existsSync(path) ? { root: path, version: 'local' } : undefined;
}

/** Sources inside an npm package of ours, which is installed with its scripts off. */
function npmSource(name, inside) {
  const manifest = require.resolve(`${name}/package.json`);
  return { root: join(dirname(manifest), inside), version: JSON.parse(readFileSync(manifest, 'utf8')).version };
}

export const recipes = {
  re2: {
    license: 'BSD-3-Clause',
    source: async () => byHand('re2') ?? npmSource('re2', 'vendor'),
    licenseFile: 'LICENSE',
    async build({ root, version }, toolchain) {
      const project = { name: 're2', version, source: join(here, 're2'), options: { SOURCE: root } };
      const dir = await compile({ ...project, targets: ['re2'], outputs: ['libre2.a'] }, toolchain);
      return [{ target: 're2', archive: join(dir, 'libre2.a'), include: root }];
    },
  },

  aws_lc: {
    license: 'Apache-2.0 AND ISC AND OpenSSL',
    hint: 'FAIRLEAD_AWS_LC_DIR: a checkout of github.com/aws/aws-lc, or the unpacked aws-lc folder of the crate aws-lc-sys',
    async source() {
      const dir = process.env.FAIRLEAD_AWS_LC_DIR;
      if (dir) return { root: dir, version: 'local' };
      const local = byHand('aws_lc');
      if (local) return local;
      const { root, version } = await fetchPackage('librust-aws-lc-sys-dev');
      const crate = version.split(/[+-]/)[0];
      return { root: join(root, 'usr/share/cargo/registry', `aws-lc-sys-${crate}`, 'aws-lc'), version };
    },
    licenseFile: 'LICENSE',
    async build({ root, version }, toolchain) {
      const options = { BUILD_TESTING: 'OFF', BUILD_TOOL: 'OFF', DISABLE_GO: 'ON', DISABLE_PERL: 'ON' };
      const outputs = ['ssl/libssl.a', 'crypto/libcrypto.a'];
      const project = { name: 'aws_lc', version, source: root, options, targets: ['ssl', 'crypto'], outputs };
      const dir = await compile(project, toolchain);
      const include = join(root, 'include');
      return [
        { target: 'aws_lc_crypto', archive: join(dir, outputs[1]), include, needs: ['Threads::Threads'] },
        { target: 'aws_lc_ssl', archive: join(dir, outputs[0]), include, needs: ['third_party::aws_lc_crypto'] },
      ];
    },
  },

  zlib: {
    license: 'Zlib',
    source: async () => byHand('zlib') ?? fetchSource('zlib'),
    licenseFile: 'LICENSE',
    async build({ root, version }, toolchain) {
      const project = { name: 'zlib', version, source: join(here, 'zlib'), options: { SOURCE: root } };
      const dir = await compile({ ...project, targets: ['zlib'], outputs: ['libzlib.a'] }, toolchain);
      return [{ target: 'zlib', archive: join(dir, 'libzlib.a'), include: root }];
    },
  },

  brotli: {
    license: 'MIT',
    source: async () => byHand('brotli') ?? fetchSource('brotli'),
    licenseFile: 'LICENSE',
    async build({ root, version }, toolchain) {
      const project = { name: 'brotli', version, source: join(here, 'brotli'), options: { SOURCE: root } };
      const outputs = ['libbrotlicommon.a', 'libbrotlienc.a', 'libbrotlidec.a'];
      const targets = ['brotlicommon', 'brotlienc', 'brotlidec'];
      const dir = await compile({ ...project, targets, outputs }, toolchain);
      const include = join(root, 'c/include');
      return targets.map((target, index) => ({
        target,
        archive: join(dir, outputs[index]),
        include,
        needs: index === 0 ? [] : ['third_party::brotlicommon'],
      }));
    },
  },

  nghttp2: {
    license: 'MIT',
    source: async () => byHand('nghttp2') ?? fetchSource('nghttp2'),
    licenseFile: 'COPYING',
    async build({ root, version }, toolchain) {
      const options = { SOURCE: root, VERSION: version };
      const project = { name: 'nghttp2', version, source: join(here, 'nghttp2'), options };
      const dir = await compile({ ...project, targets: ['nghttp2'], outputs: ['libnghttp2.a'] }, toolchain);
      return [{ target: 'nghttp2', archive: join(dir, 'libnghttp2.a'), include: join(dir, 'include') }];
    },
  },

  json: {
    license: 'MIT',
    source: async () => byHand('json') ?? fetchSource('nlohmann-json3'),
    licenseFile: 'LICENSE.MIT',
    /** Headers only. */
    async build({ root }) {
      return [{ target: 'json', include: join(root, 'include') }];
    },
  },

  zstd: {
    license: 'BSD-3-Clause',
    source: async () => byHand('zstd') ?? npmSource('zstd-napi', 'deps/zstd'),
    licenseFile: 'LICENSE',
    async build({ root, version }, toolchain) {
      const project = { name: 'zstd', version, source: join(here, 'zstd'), options: { SOURCE: root } };
      const dir = await compile({ ...project, targets: ['zstd'], outputs: ['libzstd.a'] }, toolchain);
      return [{ target: 'zstd', archive: join(dir, 'libzstd.a'), include: join(root, 'lib') }];
    },
  },
};
