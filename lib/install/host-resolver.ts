/** Whether the file that names the name servers can be read: without it, flattening would do nothing and say nothing. */
import { type Diagnostic, diagnose } from '../diagnostics/diagnostic.js';
import { reasonOf } from '../errors.js';
import { maxReferencedFileSize } from '../source/limits.js';
import type { Document } from '../source/origin.js';
import type { InstallConfiguration } from './schema.js';
import type { FilePorts } from './search.js';

/** What is wrong with `resolvConfig`, if it is used. */
export async function checkHostResolver(
  { hostResolver }: InstallConfiguration,
  document: Document,
  ports: FilePorts,
): Promise<readonly Diagnostic[]> {
  if (hostResolver?.cnameFlattening !== true) return [];
  const { resolvConfig } = hostResolver;
  try {
    await ports.readText(resolvConfig, maxReferencedFileSize);
    return [];
  } catch (thrown) {
    const path = ['hostResolver', 'resolvConfig'];
    const finding = {
      message: `"${resolvConfig}" cannot be read: ${reasonOf(thrown)}`,
      path,
      origin: document.origin(path),
      effect: 'Fairlead does not start',
    };
    return [diagnose('FL6008', finding)];
  }
}
