import type { Diagnostic } from '../diagnostics/diagnostic.js';
import type { Origin, Path } from '../source/origin.js';
import type { InstallConfiguration } from './schema.js';

/** What reading the install configuration gave. */
export interface InstallResult {
  /**
   * The configuration. When `diagnostics` has errors it is what is left without the broken parts: good for checking on,
   * not for starting. Always present.
   */
  readonly config: InstallConfiguration;
  /** Everything that was found, not only the first. */
  readonly diagnostics: readonly Diagnostic[];
  /** The file that was read; absent when there was none. */
  readonly file?: string;
  /** Entry points for UDP, which this version does not open and `config` does not have. */
  readonly udpEntryPoints: readonly string[];
  /** Where the value at `path` was written: in a file, a flag, a variable, or nowhere (`default`). */
  originOf(path: Path): Origin;
}
