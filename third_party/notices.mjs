// The NOTICE file: our own lines, then the licence of everything that is compiled into the addon.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const kOwn = `Fairlead
Copyright 2026 The Fairlead authors

Licensed under the Apache License, Version 2.0 (see LICENSE).

The prebuilt addon (prebuilds/**/*.node) contains the software listed below, each under its own licence. It also contains
parts of the GNU C++ library (libstdc++), which the GCC Runtime Library Exception allows to be distributed under the terms
of our choice.
`;

export async function noticeText(recipes) {
  const sections = [kOwn];
  for (const [name, recipe] of Object.entries(recipes)) {
    const { root } = await recipe.source();
    sections.push(section(name, recipe.license, readFileSync(join(root, recipe.licenseFile), 'utf8')));
  }
  const addonApi = dirname(createRequire(import.meta.url).resolve('node-addon-api/package.json'));
  sections.push(section('node-addon-api', 'MIT', readFileSync(join(addonApi, 'LICENSE.md'), 'utf8')));
  return sections.join('\n');
}

function section(name, license, text) {
  const rule = '-'.repeat(80);
  const body = text
    .replaceAll('\r\n', '\n')
    .replaceAll(/[ \t]+$/gm, '')
    .trim();
  return `${rule}\n${name} (${license})\n${rule}\n\n${body}\n`;
}
