import { file } from './file.js';

/** The registry: one line per provider that the install configuration can switch on, alphabetical. */
export const providers = [file] as const;
