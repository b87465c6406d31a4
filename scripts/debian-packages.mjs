// The Debian packages (bookworm or later) that each command needs. The only list: set-up, CONTRIBUTING and CI use it.

/**
 * For `npm start` and `npm run build`: compilers, make (with which g++ optimises in parallel at link time), and openssl for
 * the sample certificate.
 */
const kBuild = ['ca-certificates', 'ccache', 'cmake', 'g++', 'make', 'ninja-build', 'openssl'];

/**
 * For `npm test`: native test framework, formatter, the real servers and clients of the integration tests, and what injects
 * faults into them.
 */
const kTest = [
  'apache2-bin',
  'clang-format-16',
  'curl',
  'doctest-dev',
  'git',
  'haproxy',
  'iproute2',
  'libfaketime',
  'libssl-dev',
  'nginx-light',
  'strace',
];

/** For `npm run bench` and `npm run soak`: peers, the TLS client of the load generator, and what draws the plots. */
const kBench = ['caddy', 'gnuplot-nox', 'h2o', 'haproxy', 'libssl-dev', 'linux-perf', 'nginx-light', 'strace'];

/** For `npm run prebuild`: what node-gyp runs on. */
const kPackage = ['python3'];

/** For fuzzing, coverage of C++, static analysis and profiling. */
const kDevelop = ['clang-16', 'clang-tidy-16', 'cppcheck', 'libclang-rt-16-dev', 'linux-perf', 'llvm-16', 'valgrind'];

/** Packages by purpose. */
export const debianPackages = {
  build: kBuild,
  test: [...kBuild, ...kTest],
  package: [...kBuild, ...kPackage],
  bench: [...kBuild, ...kBench],
  develop: [...kBuild, ...kTest, ...kDevelop],
};
