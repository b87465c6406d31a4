/**
 * Every finding Fairlead can report about a configuration, keyed by a code that is stable across releases.
 *
 * 1xxx sources and syntax, 2xxx keys and values, 3xxx references and conflicts, 4xxx rules, 5xxx TLS and certificates,
 * 6xxx install (static) configuration, 7xxx providers and run time. One line per code.
 */
import type { Severity } from './diagnostic.js';

interface CodeEntry {
  readonly title: string;
  /** What the finding costs unless the place that reports it says otherwise. */
  readonly severity: Severity;
  /** One or two sentences for `fairlead help CODE`: why it matters and how to mend it. */
  readonly help: string;
}

/* prettier-ignore */
export const codes = {
  FL1001: { title: 'configuration file cannot be read', severity: 'error', help: 'The file exists in the configuration but not, or not readable, on the disk. Check the path, the owner and the mode.' },
  FL1002: { title: 'YAML syntax error', severity: 'error', help: 'The text is not valid YAML 1.2. Indent with spaces, quote values that begin with a special character, close every bracket and quote.' },
  FL1003: { title: 'TOML syntax error', severity: 'error', help: 'The text is not valid TOML 1.0. Strings need quotes, tables need closing brackets, a key may be set once.' },
  FL1004: { title: 'key written twice', severity: 'error', help: 'The same key stands twice in one mapping, so one of the two values would be lost. Remove or rename one of them.' },
  FL1005: { title: 'configuration text too large', severity: 'error', help: 'One configuration text may hold at most 64 MiB, so that a wrong file cannot exhaust the memory. Split it into a directory of files.' },
  FL1006: { title: 'configuration nested too deeply', severity: 'error', help: 'Mappings and lists may be nested at most 100 levels deep, which protects against hostile or generated texts.' },
  FL1007: { title: 'aliases expand to too much', severity: 'error', help: 'YAML anchors and aliases may expand to at most 1,000,000 values, which protects against alias bombs.' },
  FL1008: { title: 'unknown file format', severity: 'error', help: 'Configuration files end in .yaml, .yml, .json or .toml; the ending decides how they are read.' },
  FL1009: { title: 'configuration file not found', severity: 'error', help: 'The file named by --configFile does not exist. Without --configFile the usual places are searched.' },
  FL1010: { title: 'environment variable is not set', severity: 'error', help: 'A value refers to ${env:NAME} and NAME is not set. Set it, or give a default with ${env:NAME:-default}.' },
  FL1011: { title: 'referenced file cannot be read', severity: 'error', help: 'A value refers to ${file:/path} and that file cannot be read, or holds more than 1 MiB.' },
  FL1012: { title: 'malformed reference', severity: 'error', help: 'References are ${env:NAME}, ${env:NAME:-default} and ${file:/path}. Write $${ for a literal ${.' },
  FL1013: { title: 'malformed flag', severity: 'error', help: 'Flags are written --key.of.option=value or --key.of.option value; list elements by index, as in --a.list[0].key=value.' },
  FL1014: { title: 'key written in two spellings', severity: 'error', help: 'Keys are matched without regard to case, so two spellings of one key contradict each other. Keep one.' },
  FL1015: { title: 'unsupported YAML feature', severity: 'error', help: 'A configuration file holds one YAML document with plain data; further documents, custom tags and keys that are not text are refused.' },
  FL1016: { title: 'environment variable ignored', severity: 'notice', help: 'The variable looks like one that Kubernetes or Docker sets for a linked service, not like configuration.' },
  FL2001: { title: 'unknown key', severity: 'error', help: 'The key does not exist at this place. Keys are listed in the configuration reference; case does not matter.' },
  FL2002: { title: 'wrong type', severity: 'error', help: 'The value is of another kind than the key needs, for example a list where one text is expected.' },
  FL2003: { title: 'required key missing', severity: 'error', help: 'The object cannot work without this key.' },
  FL2004: { title: 'value not allowed', severity: 'error', help: 'The key accepts only the listed values.' },
  FL2005: { title: 'value out of range', severity: 'error', help: 'The number, text or list is smaller or larger than the key accepts.' },
  FL2006: { title: 'malformed value', severity: 'error', help: 'The value cannot be read as what the key holds, for example a duration (10s, 1m30s; a bare number is seconds), an address or a network.' },
  FL2007: { title: 'keys contradict each other', severity: 'error', help: 'The keys of this object exclude or require each other.' },
  FL2008: { title: 'unknown section', severity: 'warning', help: 'The root key is neither a section of the install configuration nor http, tcp, udp or tls. It is ignored.' },
  FL2009: { title: 'option of an earlier Traefik version', severity: 'error', help: 'The option was renamed or removed in Traefik v3. The message names its successor.' },
  FL2010: { title: 'not supported yet', severity: 'warning', help: 'Traefik knows this option and Fairlead will; this version accepts it and does nothing with it.' },
  FL2011: { title: 'option without effect', severity: 'warning', help: 'The option is accepted for compatibility and changes nothing.' },
  FL6001: { title: 'invalid entry point address', severity: 'error', help: 'Addresses are [host]:port with an optional /tcp or /udp, such as :80, 192.168.0.1:80 or [::1]:443/tcp.' },
  FL6002: { title: 'entry points share an address', severity: 'error', help: 'Two entry points listen on the same address and protocol; only one of them could be opened.' },
  FL6003: { title: 'redirection target unknown', severity: 'error', help: 'http.redirections.entryPoint.to names an entry point or a port written as :443.' },
  FL6004: { title: 'entry point unknown', severity: 'error', help: 'The section is bound to an entry point that is not defined.' },
  FL6005: { title: 'removed install option', severity: 'error', help: 'Traefik v3 refuses to start with this option of version 2; so does Fairlead, because what it promised would be missing.' },
  FL6006: { title: 'no provider', severity: 'notice', help: 'Without a provider there are no routers: every request is answered with 404. Add providers.file.' },
  FL6007: { title: 'invalid log file', severity: 'error', help: 'The log file cannot be opened for writing.' },
} as const satisfies Readonly<Record<`FL${number}`, CodeEntry>>;

/** The stable code of a finding. */
export type DiagnosticCode = keyof typeof codes;
