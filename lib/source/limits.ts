/** Bounds of one configuration text. They are far above real use and keep a hostile or generated text harmless. */

/** Characters of one text: a configuration of 100,000 routers needs about 15 MiB. */
export const maxTextLength = 64 * 1024 * 1024;

/** Levels of mappings and lists; Traefik's deepest key has 11. Also bounds the recursion of every later step. */
export const maxDepth = 100;

/** Values one text may expand to through YAML aliases, counted as if each alias were written out. */
export const maxAliasedValues = 1_000_000;

/** Bytes read for one `${file:…}`: certificates and secrets are small. */
export const maxReferencedFileSize = 1024 * 1024;
