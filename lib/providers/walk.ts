/** Finds the configuration files of a directory. */
import { join } from 'node:path';
import { diagnose, type Diagnostic } from '../diagnostics/diagnostic.js';
import { reasonOf } from '../errors.js';
import { isConfigurationFile } from '../source/parse.js';
import type { Origin } from '../source/origin.js';
import type { Ports } from './define.js';

/** Bounds of one directory of configuration. */
export const walkLimits = { files: 10_000, depth: 16 } as const;

/** What was found in a directory. */
export interface Walked {
  /** With the version of each, in the order in which they win: by name in each directory, sub-directories in their place. */
  readonly files: ReadonlyMap<string, string | undefined>;
  /** The directory and all below it that were visited. */
  readonly directories: readonly string[];
  readonly findings: readonly Diagnostic[];
}

/** All files below `root` whose names end as configuration does. Never throws. */
export async function walk(root: string, ports: Ports): Promise<Walked> {
  const walker = new Walker(ports);
  await walker.visit(root, 0);
  const { files, directories, findings } = walker;
  if (files.size === 0 && findings.length === 0)
    findings.push(finding('FL7007', root, `directory "${root}" holds no configuration file`));
  return { files, directories, findings };
}

/**
 * Names that are skipped: `..data` and `..2024_05_01` are how Kubernetes swaps the content of a volume, whose files are
 * linked from beside them; `.#x.yml` is the lock of an editor.
 */
const skipped = (name: string): boolean => name.startsWith('..') || name.startsWith('.#');

class Walker {
  readonly files = new Map<string, string | undefined>();
  readonly directories: string[] = [];
  readonly findings: Diagnostic[] = [];
  readonly #ports: Ports;
  /** Versions of visited directories, so that a link back up does not turn in circles. */
  #full = false;

  constructor(ports: Ports) {
    this.#ports = ports;
  }

  async visit(directory: string, depth: number): Promise<void> {
    if (depth > walkLimits.depth) return this.#overflow(directory);
    this.directories.push(directory);
    let names: readonly string[];
    try {
      names = await this.#ports.list(directory);
    } catch (thrown) {
      this.findings.push(finding('FL7006', directory, `directory "${directory}" cannot be read: ${reasonOf(thrown)}`));
      return;
    }
    for (const name of [...names].sort(byName)) {
      if (skipped(name) || this.#full) continue;
      await this.#entry(join(directory, name), name, depth);
    }
  }

  async #entry(path: string, name: string, depth: number): Promise<void> {
    const status = await this.#ports.status(path);
    if (status?.kind === 'directory') await this.visit(path, depth + 1);
    else if (!isConfigurationFile(name)) return;
    else if (this.files.size >= walkLimits.files) this.#overflow(path);
    else this.files.set(path, status?.version);
  }

  #overflow(path: string): void {
    if (this.#full) return;
    this.#full = true;
    const message = `directory of configuration is too large: "${path}" and what follows is not read`;
    this.findings.push(finding('FL7005', path, message));
  }
}

const byName = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const costs = {
  FL7005: 'the files before it are read; what was read of the others stays',
  FL7006: 'nothing is read from it; what was read before stays',
  FL7007: 'no object comes from it',
} as const;

function finding(code: keyof typeof costs, path: string, message: string): Diagnostic {
  const origin: Origin = { kind: 'object', owner: path };
  return diagnose(code, { message, path: 'providers.file.directory', origin, effect: costs[code] });
}
