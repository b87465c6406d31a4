// Makes sure that every third-party library is built, and tells CMake where it lies.
//
//   node third_party/prepare.mjs --cmake out/release/third_party.cmake [--cc gcc] [--cxx g++] [--sanitize address]
//                                [--tls aws-lc|openssl]
//   node third_party/prepare.mjs --notices NOTICE
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { noticeText } from './notices.mjs';
import { recipes } from './recipes.mjs';
import { say } from './run.mjs';

const { values: options } = parseArgs({
  options: {
    cmake: { type: 'string' },
    notices: { type: 'string' },
    cc: { type: 'string', default: 'gcc' },
    cxx: { type: 'string', default: 'g++' },
    sanitize: { type: 'string', default: '' },
    tls: { type: 'string', default: 'aws-lc' },
  },
});

/** The libraries of this build; Debian's own static OpenSSL needs no recipe. */
function wanted() {
  return Object.entries(recipes).filter(([name]) => name !== 'aws_lc' || options.tls === 'aws-lc');
}

async function libraries() {
  const result = [];
  for (const [name, recipe] of wanted()) {
    try {
      const toolchain = { cc: options.cc, cxx: options.cxx, sanitize: options.sanitize };
      result.push(...(await recipe.build(await recipe.source(), toolchain)));
    } catch (error) {
      throw new Error(`${name} is not available.\n${error.message}\n\n${advice(name, recipe)}`, { cause: error });
    }
  }
  return result;
}

function advice(name, recipe) {
  const lines = [
    'Without network or on another system, put its source there by hand:',
    `  ${recipe.hint ?? `FAIRLEAD_THIRD_PARTY_DIR: a folder with the unpacked source of ${name} in ${name}/`}`,
  ];
  if (name === 'aws_lc')
    lines.push('or build with the system OpenSSL (slower handshakes): FAIRLEAD_TLS=openssl npm run build');
  return lines.join('\n');
}

/** CMake text that declares one imported target for each archive, or set of headers. */
function cmakeText(all) {
  const blocks = all.map(({ target, archive, include, needs = [] }) =>
    [
      `add_library(third_party::${target} ${archive === undefined ? 'INTERFACE' : 'STATIC'} IMPORTED GLOBAL)`,
      `set_target_properties(third_party::${target} PROPERTIES`,
      ...(archive === undefined ? [] : [`  IMPORTED_LOCATION "${archive}"`]),
      `  INTERFACE_INCLUDE_DIRECTORIES "${include}"`,
      `  INTERFACE_LINK_LIBRARIES "${needs.join(';')}")`,
    ].join('\n'),
  );
  return `# Written by third_party/prepare.mjs.\n${blocks.join('\n')}\n`;
}

function writeIfChanged(path, text) {
  if (existsSync(path) && readFileSync(path, 'utf8') === text) return;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

try {
  if (options.notices) writeIfChanged(options.notices, await noticeText(recipes));
  if (options.cmake) writeIfChanged(options.cmake, cmakeText(await libraries()));
} catch (error) {
  say(error.message);
  process.exitCode = 1;
}
