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
  FL3001: { title: 'middleware does not exist', severity: 'error', help: 'A router, service or entry point names a middleware that no provider defines. A plain name means the provider of the one who names it; write name@provider for another one.' },
  FL3002: { title: 'service does not exist', severity: 'error', help: 'The router or weighted service names a service that no provider defines. A plain name means the same provider; write name@provider for another one.' },
  FL3003: { title: 'servers transport does not exist', severity: 'error', help: 'The service names a transport that is not defined under http.serversTransports.' },
  FL3004: { title: 'entry point does not exist', severity: 'warning', help: 'The router names an entry point that the install configuration does not define. It is served on its other entry points.' },
  FL3005: { title: 'router without entry point', severity: 'error', help: 'None of the entry points of the router exists, so no connection can reach it.' },
  FL3006: { title: 'TLS options do not exist', severity: 'error', help: 'The router names TLS options that are not defined under tls.options. Handshakes for its hosts are refused rather than served with weaker options.' },
  FL3007: { title: 'recursion', severity: 'error', help: 'A service leads back to itself through the services it names.' },
  FL3008: { title: 'name defined twice', severity: 'error', help: 'Two sources of one provider define an object of the same name. The first one, in the order of the file names, is used.' },
  FL3009: { title: 'service without a single type', severity: 'error', help: 'A service has exactly one of loadBalancer, weighted, mirroring, failover and highestRandomWeight.' },
  FL3010: { title: 'middleware without a single type', severity: 'error', help: 'A middleware has exactly one type. For several, define several middlewares and list them in the router.' },
  FL3011: { title: 'type not supported yet', severity: 'error', help: 'Traefik knows this type of middleware or service and Fairlead will; this version has it not, and routers that need it are not served.' },
  FL3012: { title: 'option not supported yet', severity: 'error', help: 'Traefik knows this option and Fairlead will. Ignoring it would weaken what you asked for, so the object that has it is refused.' },
  FL3013: { title: 'depends on a disabled object', severity: 'error', help: 'The object itself is correct, but something it names is disabled. Mend that one first.' },
  FL3014: { title: 'router is never reached', severity: 'warning', help: 'Another router with the same rule takes all of its requests, because its priority is higher or, at equal priority, its name comes first.' },
  FL3015: { title: 'priority too high', severity: 'error', help: 'Priorities above 9223372036854774807 are reserved for internal routers.' },
  FL3016: { title: 'certificate resolver not supported yet', severity: 'warning', help: 'Certificates are not obtained by this version. The router is served with the certificates under tls.certificates, or the default one.' },
  FL3017: { title: 'internal service not enabled', severity: 'error', help: 'api@internal, ping@internal and ready@internal exist when api or ping is enabled in the install configuration.' },
  FL3019: { title: 'weights of all children are zero', severity: 'warning', help: 'A weighted service without a child of positive weight answers 503.' },
  FL3020: { title: 'strategy not supported yet', severity: 'warning', help: 'Servers are chosen by weighted round robin (wrr) instead.' },
  FL3021: { title: 'service without servers', severity: 'warning', help: 'A load balancer without a usable server answers every request with 503.' },
  FL3022: { title: 'listener protocol does not fit', severity: 'error', help: 'HTTP routers are served on entry points of the protocol tcp.' },
  FL4001: { title: 'rule cannot be parsed', severity: 'error', help: 'Rules are calls such as Host(`example.com`) joined with &&, ||, ! and parentheses. Values stand between back-ticks or double quotes.' },
  FL4002: { title: 'rule too large', severity: 'error', help: 'A rule is bounded in length, nesting and number of matchers, so that one rule cannot use up the memory or the time of all.' },
  FL4003: { title: 'unknown matcher', severity: 'error', help: 'HTTP rules know Host, HostRegexp, Path, PathPrefix, PathRegexp, Method, Header, HeaderRegexp, Query, QueryRegexp and ClientIP.' },
  FL4004: { title: 'wrong number of arguments', severity: 'error', help: 'Since Traefik v3 each matcher takes one value; write several matchers joined with ||.' },
  FL4005: { title: 'malformed argument of a matcher', severity: 'error', help: 'The value cannot be what the matcher compares: paths begin with a slash, hosts are ASCII, ClientIP takes addresses and networks.' },
  FL4006: { title: 'malformed regular expression', severity: 'error', help: 'Patterns are RE2, the syntax of Go: no look-around, no back-references, which keeps matching linear in time.' },
  FL4007: { title: 'rule syntax not supported yet', severity: 'error', help: 'Rules of syntax v2 are not supported by this version. Write the rule in v3 syntax and remove ruleSyntax.' },
  FL4008: { title: 'matcher never matches', severity: 'warning', help: 'The matcher is legal, but no request can satisfy it.' },
  FL5001: { title: 'certificate file cannot be read', severity: 'error', help: 'The file does not exist, is not readable, or is no regular file of at most 1 MiB. Paths are relative to the working directory.' },
  FL5002: { title: 'certificate cannot be parsed', severity: 'error', help: 'The text must hold at least one PEM block of the type CERTIFICATE, the leaf first.' },
  FL5003: { title: 'private key cannot be parsed', severity: 'error', help: 'The text must hold one unencrypted PEM private key: PKCS #8, PKCS #1 or SEC 1.' },
  FL5004: { title: 'key does not fit the certificate', severity: 'error', help: 'Certificate and key belong to different pairs. After a renewal both files have to be replaced.' },
  FL5005: { title: 'certificate has expired', severity: 'warning', help: 'Clients refuse it. It is still served, because an error of the client says more than a missing certificate.' },
  FL5006: { title: 'certificate is not valid yet', severity: 'warning', help: 'Clients refuse it until its first day. Check the clock of this machine.' },
  FL5007: { title: 'certificate for the same names twice', severity: 'warning', help: 'Two certificates carry the same names; the first one is served.' },
  FL5008: { title: 'TLS options conflict', severity: 'warning', help: 'Routers of one host on one entry point name different TLS options. The host is known before the router, so all of them use the default options.' },
  FL5009: { title: 'TLS options without a host', severity: 'warning', help: 'TLS options are chosen by the server name of the handshake. A router without Host in its rule has none and uses the default options.' },
  FL5010: { title: 'unknown TLS version', severity: 'warning', help: 'Versions are VersionTLS10, VersionTLS11, VersionTLS12 and VersionTLS13. As in Traefik, an unknown one is ignored.' },
  FL5011: { title: 'unknown cipher suite', severity: 'error', help: 'Cipher suites are written as Go names them, such as TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256.' },
  FL5012: { title: 'unknown key exchange group', severity: 'error', help: 'Groups are X25519MLKEM768, X25519, CurveP256, CurveP384, CurveP521, SecP256r1MLKEM768 and SecP384r1MLKEM1024.' },
  FL5013: { title: 'default defined by several providers', severity: 'error', help: 'The TLS options or the store "default" may be defined by one provider only; with several none of them is used.' },
  FL5014: { title: 'certificate store without effect', severity: 'warning', help: 'Only the store "default" exists.' },
  FL5015: { title: 'TLS versions contradict each other', severity: 'error', help: 'minVersion is above maxVersion.' },
  FL5016: { title: 'cipher suite not available', severity: 'error', help: 'The suite is broken (RC4, or 3DES with ECDHE) and not offered any more.' },
  FL6001: { title: 'invalid entry point address', severity: 'error', help: 'Addresses are [host]:port with an optional /tcp or /udp, such as :80, 192.168.0.1:80 or [::1]:443/tcp.' },
  FL6002: { title: 'entry points share an address', severity: 'error', help: 'Two entry points listen on the same address and protocol; only one of them could be opened.' },
  FL6003: { title: 'redirection target unknown', severity: 'error', help: 'http.redirections.entryPoint.to names an entry point or a port written as :443.' },
  FL6004: { title: 'entry point unknown', severity: 'error', help: 'The section is bound to an entry point that is not defined.' },
  FL6005: { title: 'removed install option', severity: 'error', help: 'Traefik v3 refuses to start with this option of version 2; so does Fairlead, because what it promised would be missing.' },
  FL6006: { title: 'no provider', severity: 'notice', help: 'Without a provider there are no routers: every request is answered with 404. Add providers.file.' },
  FL6007: { title: 'invalid log file', severity: 'error', help: 'The log file cannot be opened for writing.' },
  FL7001: { title: 'file is being written', severity: 'warning', help: 'The file kept changing while it was read. The version read before stays; the file is read again when it has settled.' },
  FL7002: { title: 'provider failed', severity: 'error', help: 'The provider is started again, with growing pauses. What it delivered last stays.' },
  FL7003: { title: 'empty configuration ignored', severity: 'warning', help: 'A provider that had delivered something delivered nothing at all. As in Traefik that is taken for an accident and what was delivered before stays; an empty section such as "http: {}" clears.' },
  FL7004: { title: 'version read before is used', severity: 'notice', help: 'A file cannot be used as it is now. What was read from it before stays in use.' },
  FL7005: { title: 'directory too large', severity: 'error', help: 'A directory of configuration may hold at most 10,000 files, 16 levels deep.' },
  FL7006: { title: 'directory cannot be read', severity: 'error', help: 'The directory named by providers.file.directory does not exist or is not readable.' },
  FL7007: { title: 'no configuration file in the directory', severity: 'warning', help: 'The directory holds no file that ends in .yml, .yaml, .json or .toml.' },
  FL7010: { title: 'refused by the data plane', severity: 'error', help: 'The configuration is correct as far as it can be read, but the data plane cannot run this part of it: a pattern needs too much memory, or the TLS library does not take a certificate.' },
} as const satisfies Readonly<Record<`FL${number}`, CodeEntry>>;

/** The stable code of a finding. */
export type DiagnosticCode = keyof typeof codes;
