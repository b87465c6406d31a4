import { extname } from 'node:path';
import { diagnose } from '../diagnostics/diagnostic.js';
import type { SourceText } from './origin.js';
import { parseToml } from './toml.js';
import { type Parsed, parseYaml } from './yaml.js';

/** File endings that hold configuration, in the order in which Traefik looks for them. */
export const configurationEndings = ['.toml', '.yaml', '.yml', '.json'] as const;

/** Whether a file of this name can hold configuration. */
export function isConfigurationFile(name: string): boolean {
  return (configurationEndings as readonly string[]).includes(extname(name).toLowerCase());
}

/** Reads a configuration text in the format its name ends in. Never throws. */
export function parseText(source: SourceText): Parsed {
  switch (extname(source.name).toLowerCase()) {
    case '.yaml':
    case '.yml':
    case '.json':
      return parseYaml(source);
    case '.toml':
      return parseToml(source);
    default: {
      const origin = { kind: 'text', source: { name: source.name, text: '' }, line: 1, column: 1, length: 1 } as const;
      const message = `"${source.name}" has no known ending`;
      return {
        diagnostics: [diagnose('FL1008', { message, path: [], origin, hint: 'use .yaml, .yml, .json or .toml' })],
      };
    }
  }
}
