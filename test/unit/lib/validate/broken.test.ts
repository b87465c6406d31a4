// Broken dynamic configurations: code, place, text, hint and effect of what is reported. The place that a finding has to
// name is marked with « in the text; the marker is taken out before the text is read.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { generateDefaultCertificate } from '../../../../lib/compile/default-certificate.js';
import { check, type CheckOptions, entryPoint, now, placeOf, settings } from './checked.js';

interface Case {
  readonly name: string;
  readonly text: string;
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  readonly effect?: string;
  readonly options?: CheckOptions;
}

const router = (rule: string, more = ''): string => `http:
  routers:
    r: { rule: ${rule}, service: s${more} }
  services:
    s: { loadBalancer: { servers: [{ url: http://10.0.0.1 }] } }
`;
const service = (body: string): string => `http:
  routers:
    r: { rule: 'Path(\`/\`)', service: s }
  services:
    ok: { loadBalancer: { servers: [{ url: http://10.0.0.1 }] } }
    s: ${body}
`;
const middleware = (body: string): string => `http:
  middlewares:
    m: ${body}
`;
const tls = (body: string): string => `tls: ${body}
`;

const pair = generateDefaultCertificate(now);
const other = generateDefaultCertificate(now);
const expired = generateDefaultCertificate(new Date('2020-01-01T00:00:00Z'));
const future = generateDefaultCertificate(new Date('2030-01-01T00:00:00Z'));
const files = {
  'a.crt': { text: pair.chain },
  'a.key': { text: pair.key },
  'b.key': { text: other.key },
  'old.crt': { text: expired.chain },
  'old.key': { text: expired.key },
  'new.crt': { text: future.chain },
  'new.key': { text: future.key },
  'junk.pem': { text: 'junk' },
  'bad.crt': { text: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n' },
  'bad.key': { text: '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n' },
  'secret.key': { text: '-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n' },
  'gone.crt': { fault: 'there is no such file' },
};
const withFiles: CheckOptions = { files };
const routerLost = 'router "r@file" is disabled; everything else is served';
const serviceLost = 'service "s@file" and the routers that use it are disabled; everything else is served';
const middlewareLost = 'middleware "m@file" and the routers that use it are disabled; everything else is served';
const certificateLost = 'this certificate is left out; everything else is served';

const cases: readonly Case[] = [
  // Sections and keys.
  {
    name: 'unknown section',
    text: '«htpp: {}\n',
    code: 'FL2008',
    message: 'unknown section "htpp"',
    hint: 'did you mean "http"?',
    effect: 'the section is ignored',
  },
  {
    name: 'unknown part of a section',
    text: 'http:\n  «router: {}\n',
    code: 'FL2001',
    message: 'unknown key "router" in http',
    hint: 'did you mean "routers"?',
  },
  {
    name: 'section of the wrong type',
    text: 'http:\n  routers: «[1]\n',
    code: 'FL2002',
    message: '"routers" must be a mapping of names, not a list',
    effect: 'this section is left out',
  },
  {
    name: 'tcp',
    text: '«tcp: { routers: {} }\n',
    code: 'FL2010',
    message: '"tcp" is not supported yet',
    effect: 'the key is ignored',
  },
  { name: 'udp', text: '«udp: {}\n', code: 'FL2010', message: '"udp" is not supported yet' },
  {
    name: 'router that is text',
    text: 'http: { routers: { r: «hello } }\n',
    code: 'FL2002',
    message: '"r" must be a mapping of keys',
    effect: routerLost,
  },
  {
    name: 'misspelt key of a router',
    text: router("'Path(`/`)'", ', «middleware: [a]'),
    code: 'FL2001',
    message: 'unknown key "middleware" in http.routers.r',
    hint: 'did you mean "middlewares"?',
    effect: routerLost,
  },
  {
    name: 'router without a rule',
    text: 'http: { routers: { «r: { service: noop@internal } } }\n',
    code: 'FL2003',
    message: '"rule" is required in http.routers.r',
    effect: routerLost,
  },
  {
    name: 'router without a service',
    text: "http: { routers: { «r: { rule: 'Path(`/`)' } } }\n",
    code: 'FL3028',
    message: 'router has no service and no child routers',
    effect: routerLost,
  },
  {
    name: 'rule that is a list',
    text: 'http: { routers: { r: { rule: «[a], service: noop@internal } } }\n',
    code: 'FL2002',
    message: '"rule" must be text, not a list',
  },
  {
    name: 'priority that is text',
    text: router("'Path(`/`)'", ', priority: «high'),
    code: 'FL2006',
    message: '"priority" must be an integer',
    effect: routerLost,
  },
  {
    name: 'priority of internal routers',
    text: router("'Path(`/`)'", ', priority: «9223372036854775807'),
    code: 'FL3015',
    message: 'the router priority 9223372036854775807 exceeds the max user-defined priority 9223372036854774807',
    effect: routerLost,
  },
  {
    name: 'parent routers',
    text: router("'Path(`/`)'", ', parentRefs: «[p]'),
    code: 'FL3024',
    message: 'parent router "p@file" does not exist',
    effect: routerLost,
  },
  {
    name: 'certificate resolver',
    text: router("'Path(`/`)'", ', tls: { certResolver: «le }'),
    code: 'FL3016',
    message: 'certificate resolvers are not supported yet',
    effect: 'the router is served with the configured certificates',
  },

  // Rules: the place is inside the text of the rule.
  {
    name: 'misspelt matcher',
    text: router("'Path(`/`) && «Hots(`a`)'"),
    code: 'FL4003',
    message: 'unsupported function: Hots',
    hint: 'did you mean "Host"?',
    effect: routerLost,
  },
  {
    name: 'rule of two lines',
    text: 'http:\n  routers:\n    r:\n      service: noop@internal\n      rule: |\n        Host(`a`)\n        «&& Path(`/`)\n',
    code: 'FL4001',
    message: "expected 'EOF', found '&&'",
    hint: 'newline',
    effect: routerLost,
  },
  {
    name: 'folded rule',
    text: 'http:\n  routers:\n    r:\n      service: noop@internal\n      rule: >-\n        Host(`a`) &&\n        «Pth(`/`)\n',
    code: 'FL4003',
    message: 'unsupported function: Pth',
    hint: 'Path',
  },
  {
    name: 'single quotes',
    text: router('"Host(«\'a\')"'),
    code: 'FL4001',
    message: 'single quotes do not make a string',
    hint: '`a`',
  },
  {
    name: 'words for operators',
    text: router("'Host(`a`) «AND Path(`/`)'"),
    code: 'FL4001',
    message: "expected 'EOF', found AND",
    hint: 'write &&',
  },
  { name: 'open parenthesis', text: router("'(Host(`a`)«'"), code: 'FL4001', message: "expected ')', found 'EOF'" },
  { name: 'empty rule', text: router("«''"), code: 'FL4001', message: "expected operand, found 'EOF'" },
  {
    name: 'two hosts in one matcher',
    text: router("'Host(«`a`, `b`)'"),
    code: 'FL4004',
    message: 'unexpected number of parameters; got 2, expected one of [1]',
    hint: 'Host(`a`) || Host(`b`)',
  },
  {
    name: 'path without slash',
    text: router("'Path(«`a`)'"),
    code: 'FL4005',
    message: 'path "a" does not start with a \'/\'',
    hint: 'write `/a`',
  },
  {
    name: 'host that is not ASCII',
    text: router("'Host(«`bücher.de`)'"),
    code: 'FL4005',
    message: 'non-ASCII characters are not allowed',
    hint: 'xn--bcher-kva.de',
  },
  {
    name: 'client address that is none',
    text: router("'ClientIP(«`10.0.0.0/33`)'"),
    code: 'FL4005',
    message: 'invalid CIDR address: 10.0.0.0/33',
  },
  {
    name: 'look-ahead',
    text: router("'PathRegexp(`^/«(?=a)`)'"),
    code: 'FL4006',
    message: 'invalid or unsupported Perl syntax: `(?=`',
    hint: 'RE2',
  },
  {
    name: 'rule beyond the limits',
    text: router(`'«${'('.repeat(70)}Host(\`a\`)${')'.repeat(70)}'`).replace(
      "'«" + '('.repeat(64),
      "'" + '('.repeat(64) + '«',
    ),
    code: 'FL4002',
    message: 'nests deeper than 64 levels',
  },
  {
    name: 'host with a port',
    text: router("'Host(«`a.com:8080`)'"),
    code: 'FL4008',
    message: 'no request can match',
    hint: 'Host(`a.com`)',
    effect: 'the router is served',
  },
  {
    name: 'old syntax of a rule',
    text: router("'Host(`a`)'", ', ruleSyntax: «v2'),
    code: 'FL4009',
    message: 'router option "ruleSyntax" is deprecated',
    hint: 'v3',
    effect: 'the rule is read all the same',
  },
  {
    name: 'new matcher in the old syntax',
    text: router("'«PathRegexp(`a`)'"),
    code: 'FL4003',
    message: 'unsupported function: PathRegexp',
    hint: 'Path(`/{name:pattern}`)',
    options: { settings: settings({ defaultRuleSyntax: 'v2' }) },
  },

  // What routers name.
  {
    name: 'unknown entry point',
    text: router("'Path(`/`)'", ', entryPoints: [web, «webb]'),
    code: 'FL3004',
    message: 'entryPoint "webb" doesn\'t exist',
    hint: 'did you mean "web"?',
    effect: 'the router is served on its other entry points',
  },
  {
    name: 'no entry point left',
    text: 'http:\n  routers:\n    «r: { rule: "Path(`/`)", entryPoints: [nowhere], service: noop@internal }\n',
    code: 'FL3005',
    message: 'no valid entryPoint for this router',
    effect: routerLost,
  },
  {
    name: 'entry point for UDP',
    text: router("'Path(`/`)'", ', entryPoints: [web, «dns]'),
    code: 'FL3022',
    message: 'entryPoint "dns" is for UDP',
    options: { settings: settings({}, entryPoint('web', 80), entryPoint('dns', 53, { protocol: 'udp' })) },
  },
  {
    name: 'unknown middleware',
    text: router("'Path(`/`)'", ', middlewares: [«auht]') + '  middlewares: { auth: { addPrefix: { prefix: /a } } }\n',
    code: 'FL3001',
    message: 'middleware "auht@file" does not exist',
    hint: 'did you mean "auth"?',
    effect: routerLost,
  },
  {
    name: 'middleware of another provider',
    text:
      router("'Path(`/`)'", ', middlewares: [«auth@docker]') +
      '  middlewares: { auth: { addPrefix: { prefix: /a } } }\n',
    code: 'FL3001',
    message: 'middleware "auth@docker" does not exist',
    hint: 'did you mean "auth@file"?',
  },
  {
    name: 'unknown service',
    text: router("'Path(`/`)'").replace('service: s }', 'service: «ss }'),
    code: 'FL3002',
    message: 'the service "ss@file" does not exist',
    effect: routerLost,
  },
  {
    name: 'API that is off',
    text: router("'Path(`/`)'").replace('service: s }', 'service: «api@internal }'),
    code: 'FL3017',
    message: 'api is not enabled',
    hint: 'add "api: {}"',
  },
  {
    name: 'dashboard',
    text: router("'Path(`/`)'").replace('service: s }', 'service: «dashboard@internal }'),
    code: 'FL3017',
    message: 'dashboard is not enabled',
    hint: 'this version has no dashboard',
  },
  {
    name: 'disabled middleware',
    text: router("'Path(`/`)'", ', middlewares: [«m]') + '  middlewares: { m: { inFlightReq: { amount: 2 } } }\n',
    code: 'FL3013',
    message: 'middleware "m@file" is disabled: the middleware type "inFlightReq" is not supported yet',
    effect: routerLost,
  },
  {
    name: 'unknown TLS options',
    text: router("'Host(`a`)'", ', tls: { options: «modren }') + 'tls: { options: { modern: {} } }\n',
    code: 'FL3006',
    message: 'unknown TLS options: modren@file',
    hint: 'did you mean "modern@file"?',
    effect: 'TLS handshakes for its hosts are refused',
  },
  {
    name: 'shadowed router',
    text: router("'Host(`a`)'"),
    code: 'FL3014',
    message:
      'router "z@file" is never reached on entry point "web", "websecure": "r@file" has the same rule and its name comes first',
    effect: '"r@file" takes its requests',
    options: {},
  },

  // Services.
  {
    name: 'disabled service',
    text: service('{ weighted: { services: [{ name: none }] } }').replace('service: s }', 'service: «s }'),
    code: 'FL3013',
    message: 'service "s@file" is disabled: the service "none@file" does not exist',
  },
  {
    name: 'service without a type',
    text: service('{}').replace('    s: {}', '    «s: {}'),
    code: 'FL3009',
    message: 'the service "s@file" does not have any type defined',
    hint: 'loadBalancer, weighted, highestRandomWeight, mirroring, failover',
    effect: serviceLost,
  },
  {
    name: 'service of two types',
    text: service('{ loadBalancer: {}, «weighted: {} }'),
    code: 'FL3009',
    message: 'multi-types service not supported',
    hint: 'move "weighted"',
    effect: serviceLost,
  },
  {
    name: 'misspelt type of a service',
    text: service('{ «loadBalancr: {} }'),
    code: 'FL2001',
    message: 'unknown key "loadBalancr" in a service',
    hint: 'did you mean "loadBalancer"?',
  },
  {
    name: 'h2c',
    text: service('{ loadBalancer: { servers: [{ url: «h2c://a }] } }'),
    code: 'FL2006',
    message: '"url" must not have the scheme h2c',
    effect: serviceLost,
  },
  {
    name: 'URL without scheme',
    text: service('{ loadBalancer: { servers: [{ url: «10.0.0.1:80 }] } }'),
    code: 'FL2006',
    message: '"url" must be a URL of the scheme http, https or unix',
    hint: 'write http://10.0.0.1:80',
  },
  {
    name: 'URL without host',
    text: service('{ loadBalancer: { servers: [{ url: «http:///a }] } }'),
    code: 'FL2006',
    message: '"url" must be a URL with a host',
  },
  {
    name: 'relative unix socket',
    text: service('{ loadBalancer: { servers: [{ url: «unix:run/a.sock }] } }'),
    code: 'FL2006',
    message: '"url" must name a socket by its absolute path',
  },
  {
    name: 'misspelt key of a server',
    text: service('{ loadBalancer: { servers: [{ «ulr: http://a }] } }'),
    code: 'FL2001',
    message: 'unknown key "ulr"',
    hint: 'did you mean "url"?',
  },
  {
    name: 'unknown strategy',
    text: service('{ loadBalancer: { strategy: «wrrr } }'),
    code: 'FL2004',
    message: '"strategy" must be "drr", "hrw", "leastconn", "leasttime", "p2c" or "wrr"',
    hint: 'did you mean "wrr"?',
  },
  {
    name: 'slow start without weights',
    text: service('{ loadBalancer: { servers: [{ url: http://a }], strategy: p2c, slowStart: «10s } }'),
    code: 'FL2011',
    message: '"slowStart" has no effect: the strategy "p2c" knows no weights',
  },
  {
    name: 'sticky sessions by cookie and by address',
    text: service('{ loadBalancer: { servers: [{ url: http://a }], strategy: hrw, sticky: «{ cookie: {} } } }'),
    code: 'FL2011',
    message: '"sticky" has no effect: the strategy "hrw" keeps clients by their address',
  },
  {
    name: 'domain of a cookie',
    text: service('{ loadBalancer: { sticky: { cookie: { domain: «"a b" } } } }'),
    code: 'FL2006',
    message: '"domain" must be a domain',
  },
  {
    name: 'sameSite misspelt',
    text: service('{ loadBalancer: { sticky: { cookie: { sameSite: «laxx } } } }'),
    code: 'FL2004',
    message: '"sameSite" must be',
  },
  {
    name: 'health check without an interval',
    text: service('{ loadBalancer: { servers: [{ url: http://a }], healthCheck: { interval: «0s } } }'),
    code: 'FL3030',
    message: 'cannot have the interval 0s',
    effect: '30s is used',
  },
  {
    name: 'health check without a break',
    text: service('{ loadBalancer: { servers: [{ url: http://a }], healthCheck: { unhealthyInterval: «1ms } } }'),
    code: 'FL3030',
    message: 'cannot have the unhealthyInterval 1ms',
    effect: '10ms is used',
  },
  {
    name: 'health check without time',
    text: service('{ loadBalancer: { servers: [{ url: http://a }], healthCheck: { timeout: «-1s } } }'),
    code: 'FL3030',
    message: 'cannot have the timeout -1s',
    effect: '5s is used',
  },
  {
    name: 'health check elsewhere',
    text: service('{ loadBalancer: { servers: [{ url: http://a }], healthCheck: { path: «http://b/health } } }'),
    code: 'FL2006',
    message: 'must be a path',
    hint: 'there are scheme, hostname and port',
  },
  {
    name: 'health check by gRPC',
    text: service('{ loadBalancer: { servers: [{ url: http://a }], healthCheck: { mode: grpc, path: «/health } } }'),
    code: 'FL2011',
    message: '"path" of a health check by gRPC means nothing',
  },
  {
    name: 'health check in clear HTTP/2',
    text: service('{ loadBalancer: { servers: [{ url: http://a }], healthCheck: { scheme: «h2c } } }'),
    code: 'FL2007',
    message: 'the scheme h2c is for health checks by gRPC',
  },
  {
    name: 'ejection shorter than its window',
    text: service('{ loadBalancer: { servers: [{ url: http://a }], passiveHealthCheck: { maxEjectionTime: «5s } } }'),
    code: 'FL3030',
    message: 'maxEjectionTime is shorter than failureWindow',
    effect: 'servers are left out for 10s',
  },
  {
    name: 'passive health check that forgives nothing',
    text: service('{ loadBalancer: { servers: [{ url: http://a }], passiveHealthCheck: { maxFailedAttempts: «0 } } }'),
    code: 'FL2005',
    message: 'maxFailedAttempts',
  },
  {
    name: 'no servers',
    text: service('{ loadBalancer: { servers: «[] } }'),
    code: 'FL3021',
    message: 'the service has no servers',
    effect: 'answered 503',
  },
  {
    name: 'unknown transport',
    text: service('{ loadBalancer: { servers: [{ url: http://a }], serversTransport: «fast } }'),
    code: 'FL3003',
    message: 'servers transport not found fast@file',
    effect: 'the routers that use it are disabled',
  },
  {
    name: 'service that leads to itself',
    text: service('{ weighted: { services: [{ name: «s }] } }'),
    code: 'FL3007',
    message: 'could not instantiate service s@file: recursion detected in service:s@file->service:s@file',
  },
  {
    name: 'service that leads to itself through a mirror and a fallback',
    text: service('{ mirroring: { service: ok, mirrors: [{ name: f, percent: 1 }] } }').concat(
      '    f: { failover: { service: ok, fallback: «s, errors: { status: [500] } } }\n',
    ),
    code: 'FL3007',
    message: 'recursion detected in service:s@file->service:f@file->service:s@file',
  },
  {
    name: 'mirror that does not exist',
    text: service('{ mirroring: { service: ok, mirrors: [{ name: «okk, percent: 1 }] } }'),
    code: 'FL3002',
    message: 'the service "okk@file" does not exist',
    hint: 'did you mean "ok"?',
  },
  {
    name: 'mirror of more than everything',
    text: service('{ mirroring: { service: ok, mirrors: [{ name: ok, percent: «101 }] } }'),
    code: 'FL2005',
    message: '"percent" must be at most 100',
    effect: serviceLost,
  },
  {
    name: 'mirror of nothing',
    text: service('{ mirroring: { service: ok, mirrors: [«{ name: ok }] } }'),
    code: 'FL3040',
    message: 'the mirror "ok" gets no requests',
    hint: 'set "percent"',
  },
  {
    name: 'fallback that does not exist',
    text: service('{ failover: { service: ok, fallback: «okk, errors: { status: [500] } } }'),
    code: 'FL3002',
    message: 'the service "okk@file" does not exist',
  },
  {
    name: 'failover without a fallback',
    text: service('{ «failover: { service: ok, errors: { status: [500] } } }'),
    code: 'FL2003',
    message: '"fallback"',
    effect: serviceLost,
  },
  {
    name: 'failover that nothing sets off',
    text: service('{ failover: { service: «ok, fallback: ok } }'),
    code: 'FL3041',
    message:
      'cannot register ok@file as updater for s@file: healthCheck not enabled in config for this loadbalancer service',
    hint: 'give "ok@file" a healthCheck, or list the answers to replace in "errors.status"',
  },
  {
    name: 'weighted service that counts on a child without a health check',
    text: service('{ weighted: { services: [{ name: ok }], healthCheck: «{} } }'),
    code: 'FL3041',
    message:
      'cannot register ok@file as updater for s@file: healthCheck not enabled in config for this loadbalancer service',
    hint: 'give "ok@file" a healthCheck',
  },
  {
    name: 'failover that counts on a service that counts on none',
    text: service('{ failover: { service: f, fallback: f, healthCheck: «{} } }').concat(
      '    f: { weighted: { services: [{ name: ok }] } }\n',
    ),
    code: 'FL3041',
    message:
      'cannot register f@file as updater for s@file: healthCheck not enabled in config for this weighted service',
  },
  {
    name: 'mirroring that counts on a service of ours',
    text: service('{ mirroring: { service: noop@internal, healthCheck: «{} } }'),
    code: 'FL3041',
    message:
      'cannot register noop@internal as updater for s@file: healthCheck not enabled in config for this internal service',
  },
  {
    name: 'option of the health check of a service made of services',
    text: service('{ highestRandomWeight: { services: [{ name: ok }], healthCheck: { «path: / } } }'),
    code: 'FL2001',
    message: 'unknown key "path"',
    effect: serviceLost,
  },
  {
    name: 'failover at a status that is none',
    text: service('{ failover: { service: ok, fallback: ok, errors: { status: [«5xx] } } }'),
    code: 'FL2006',
    message: 'must be a status code or a range',
  },
  {
    name: 'child that does not exist',
    text: service('{ weighted: { services: [{ name: ok }, { name: «okk }] } }'),
    code: 'FL3002',
    message: 'the service "okk@file" does not exist',
    hint: 'did you mean "ok"?',
  },
  {
    name: 'negative weight',
    text: service('{ weighted: { services: [{ name: ok, weight: «-1 }] } }'),
    code: 'FL2005',
    message: '"weight" must be at least 0',
  },
  {
    name: 'no weight at all',
    text: service('{ weighted: { services: «[{ name: ok, weight: 0 }] } }'),
    code: 'FL3019',
    message: 'the weights of all services are zero',
    effect: 'answered 503',
  },
  {
    name: 'limit without a number',
    text: service('{ loadBalancer: { «limit: {} } }'),
    code: 'FL2003',
    message: 'concurrency',
  },
  {
    name: 'limit of nothing',
    text: service('{ loadBalancer: { limit: { concurrency: «0 } } }'),
    code: 'FL2005',
    message: '"concurrency" must be at least 1',
  },
  {
    name: 'queue by something unknown',
    text: service('{ loadBalancer: { limit: { concurrency: 1, queue: { key: «tenant } } } }'),
    code: 'FL2006',
    message: '"key" must be clientIP, host, router, header:NAME or claim:NAME',
    hint: 'header:X-Tenant',
  },
  {
    name: 'queue by a claim without a name',
    text: service('{ loadBalancer: { limit: { concurrency: 1, queue: { key: «"claim: " } } } }'),
    code: 'FL2006',
    message: '"key" must be clientIP, host, router, header:NAME or claim:NAME',
  },
  {
    name: 'queue with more weights than keys',
    text: service('{ loadBalancer: { limit: { concurrency: 1, queue: { maxKeys: «1, weights: { a: 2, b: 3 } } } } }'),
    code: 'FL2005',
    message: '"maxKeys" must not be less than the 2 keys that have a weight',
  },
  {
    name: 'weight of a key out of range',
    text: service('{ loadBalancer: { limit: { concurrency: 1, queue: { weights: { a: «0 } } } } }'),
    code: 'FL2005',
    message: '"a" must be at least 1',
  },
  {
    name: 'bad interval',
    text: service('{ loadBalancer: { responseForwarding: { flushInterval: «soon } } }'),
    code: 'FL2006',
    message: '"flushInterval" must be a duration',
    hint: '500ms',
  },

  // Middlewares.
  {
    name: 'middleware without a type',
    text: middleware('{}').replace('    m: {}', '    «m: {}'),
    code: 'FL3010',
    message: 'invalid middleware "m@file" configuration: invalid middleware type or middleware does not exist',
    effect: middlewareLost,
  },
  {
    name: 'middleware of two types',
    text: middleware('{ compress: {}, «addPrefix: { prefix: /a } }'),
    code: 'FL3010',
    message: 'multi-types middleware not supported',
    hint: 'move "addPrefix"',
  },
  {
    name: 'misspelt type of a middleware',
    text: middleware('{ «stripPrefx: { prefixes: [/a] } }'),
    code: 'FL2001',
    message: 'unknown key "stripPrefx" in a middleware',
    hint: 'did you mean "stripPrefix"?',
  },
  {
    name: 'type to come',
    text: middleware('{ «basicAuth: { users: [] } }'),
    code: 'FL3011',
    message: 'the middleware type "basicAuth" is not supported yet',
    effect: middlewareLost,
  },
  {
    name: 'addPrefix without prefix',
    text: middleware("{ addPrefix: { prefix: «'' } }"),
    code: 'FL2005',
    message: '"prefix" must not be empty',
  },
  {
    name: 'redirectScheme without scheme',
    text: middleware('{ «redirectScheme: { permanent: true } }'),
    code: 'FL2003',
    message: '"scheme" is required',
  },
  {
    name: 'compress with both lists',
    text: middleware('{ compress: { excludedContentTypes: [text/html], includedContentTypes: «[text/css] } }'),
    code: 'FL2007',
    message: 'excludedContentTypes and includedContentTypes options are mutually exclusive',
  },
  {
    name: 'compress with an unknown encoding',
    text: middleware('{ compress: { encodings: [«gzpi] } }'),
    code: 'FL2004',
    message: 'must be "gzip", "br" or "zstd", not "gzpi"',
    hint: 'did you mean "gzip"?',
  },
  {
    name: 'compress without encodings',
    text: middleware('{ compress: { encodings: «[] } }'),
    code: 'FL2005',
    message: '"encodings" must have at least one entry',
  },
  {
    name: 'compress with a default that is not offered',
    text: middleware('{ compress: { encodings: [br], defaultEncoding: «gzip } }'),
    code: 'FL2007',
    message: 'unsupported default encoding',
  },
  {
    name: 'headers without options',
    text: middleware('{ headers: «{} }'),
    code: 'FL2003',
    message: 'headers configuration not valid',
    effect: middlewareLost,
  },
  {
    name: 'headers with a line break',
    text: middleware('{ headers: { customRequestHeaders: { X-A: «"a\\r\\nB: c" } } }'),
    code: 'FL2006',
    message: 'must not hold line breaks',
  },
  {
    name: 'headers with a bad pattern',
    text: middleware("{ headers: { accessControlAllowOriginListRegex: [«'(?=a)'] } }"),
    code: 'FL4006',
    message: 'invalid or unsupported Perl syntax',
    hint: 'RE2',
  },
  {
    name: 'rateLimit with two criteria',
    text: middleware('{ rateLimit: { average: 1, sourceCriterion: { requestHost: «true, requestHeaderName: X-A } } }'),
    code: 'FL2007',
    message: 'requestHost and RequestHeaderName are mutually exclusive',
  },
  {
    name: 'rateLimit with a negative period',
    text: middleware('{ rateLimit: { average: 1, period: «-1s } }'),
    code: 'FL2005',
    message: '"period" must not be negative',
  },
  {
    name: 'forwardAuth without scheme',
    text: middleware('{ forwardAuth: { address: «auth:9000 } }'),
    code: 'FL2006',
    message: '"address" must be',
    hint: 'http://',
  },
  {
    name: 'forwardAuth with half a client certificate',
    text: middleware('{ forwardAuth: { address: http://a, tls: «{ cert: a.crt } } }'),
    code: 'FL2007',
    message: 'cert and key need each other',
    options: withFiles,
  },
  {
    name: 'forwardAuth with a missing authority',
    text: middleware('{ forwardAuth: { address: https://a, tls: { ca: «gone.crt } } }'),
    code: 'FL5001',
    message: '"gone.crt" cannot be read: there is no such file',
    options: withFiles,
  },

  // Transports.
  {
    name: 'transport with a missing authority',
    text: 'http: { serversTransports: { t: { rootCAs: [«gone.crt] } } }\n',
    code: 'FL5001',
    message: '"gone.crt" cannot be read: there is no such file',
    options: withFiles,
  },
  {
    name: 'transport with junk for an authority',
    text: 'http: { serversTransports: { t: { rootCAs: [«junk.pem] } } }\n',
    code: 'FL5002',
    message: 'there is no PEM block "CERTIFICATE"',
    options: withFiles,
  },
  {
    name: 'transport with a foreign key',
    text: 'http: { serversTransports: { t: { certificates: [{ certFile: a.crt, keyFile: «b.key }] } } }\n',
    code: 'FL5004',
    message: 'the private key does not fit',
    options: withFiles,
  },
  {
    name: 'transport with SPIFFE',
    text: 'http: { serversTransports: { t: { spiffe: «{ ids: [a] } } } }\n',
    code: 'FL3012',
    message: '"spiffe" must be left out: it is not supported yet',
  },
  {
    name: 'transport with an unknown suite',
    text: 'http: { serversTransports: { t: { cipherSuites: [«TLS_NO] } } }\n',
    code: 'FL5011',
    message: 'invalid CipherSuite: TLS_NO',
  },
  {
    name: 'transport with a negative timeout',
    text: 'http: { serversTransports: { t: { forwardingTimeouts: { dialTimeout: «-1s } } } }\n',
    code: 'FL2005',
    message: '"dialTimeout" must not be negative',
  },

  // TLS.
  {
    name: 'certificate without key',
    text: tls('{ certificates: [«{ certFile: a.crt }] }'),
    code: 'FL2003',
    message: '"keyFile" is required',
    effect: certificateLost,
  },
  {
    name: 'certificate that is gone',
    text: tls('{ certificates: [{ certFile: «gone.crt, keyFile: a.key }] }'),
    code: 'FL5001',
    message: '"gone.crt" cannot be read: there is no such file',
    hint: 'working directory',
    effect: certificateLost,
    options: withFiles,
  },
  {
    name: 'certificate that is junk',
    text: tls('{ certificates: [{ certFile: «junk.pem, keyFile: a.key }] }'),
    code: 'FL5002',
    message: 'there is no PEM block "CERTIFICATE"',
    effect: certificateLost,
    options: withFiles,
  },
  {
    name: 'certificate that is broken',
    text: tls('{ certificates: [{ certFile: «bad.crt, keyFile: a.key }] }'),
    code: 'FL5002',
    message: 'certificate cannot be parsed',
    options: withFiles,
  },
  {
    name: 'certificate and key swapped',
    text: tls('{ certificates: [{ certFile: «a.key, keyFile: a.crt }] }'),
    code: 'FL5002',
    message: 'it holds a private key',
    options: withFiles,
  },
  {
    name: 'key that is broken',
    text: tls('{ certificates: [{ certFile: a.crt, keyFile: «bad.key }] }'),
    code: 'FL5003',
    message: 'private key cannot be parsed',
    options: withFiles,
  },
  {
    name: 'key that is encrypted',
    text: tls('{ certificates: [{ certFile: a.crt, keyFile: «secret.key }] }'),
    code: 'FL5003',
    message: 'it is encrypted',
    options: withFiles,
  },
  {
    name: 'key of another certificate',
    text: tls('{ certificates: [{ certFile: a.crt, keyFile: «b.key }] }'),
    code: 'FL5004',
    message: 'the private key does not fit the certificate',
    hint: 'replace both',
    effect: certificateLost,
    options: withFiles,
  },
  {
    name: 'certificate that has expired',
    text: tls('{ certificates: [{ certFile: «old.crt, keyFile: old.key }] }'),
    code: 'FL5005',
    message: 'expired on 2020-12-3',
    effect: 'clients will refuse it',
    options: withFiles,
  },
  {
    name: 'certificate of the future',
    text: tls('{ certificates: [{ certFile: «new.crt, keyFile: new.key }] }'),
    code: 'FL5006',
    message: 'is valid from 2029-12-31',
    options: withFiles,
  },
  {
    name: 'certificate twice',
    text: tls('{ certificates: [{ certFile: a.crt, keyFile: a.key }, «{ certFile: a.crt, keyFile: a.key }] }'),
    code: 'FL5007',
    message: 'a certificate for the same names stands in dynamic.yml:1',
    effect: 'the first one is served',
    options: withFiles,
  },
  {
    name: 'certificate for another store',
    text: tls('{ certificates: [{ certFile: a.crt, keyFile: a.key, stores: «[other] }] }'),
    code: 'FL5014',
    message: 'certificate store "other" is not used',
    options: withFiles,
  },
  {
    name: 'another store',
    text: tls('{ stores: { «other: {} } }'),
    code: 'FL5014',
    message: 'only the certificate store "default" is used',
  },
  {
    name: 'default certificate that is gone',
    text: tls('{ stores: { default: { defaultCertificate: { certFile: «gone.crt, keyFile: a.key } } } }'),
    code: 'FL5001',
    message: '"gone.crt" cannot be read',
    effect: 'a generated certificate is the default one',
    options: withFiles,
  },
  {
    name: 'unknown TLS version',
    text: tls('{ options: { default: { minVersion: «VersionTLS2 } } }'),
    code: 'FL5010',
    message: '"minVersion" is no TLS version: "VersionTLS2"',
    hint: 'VersionTLS',
    effect: 'TLS 1.2 is the lowest version',
  },
  {
    name: 'TLS versions the wrong way round',
    text: tls('{ options: { o: { minVersion: «VersionTLS13, maxVersion: VersionTLS12 } } }'),
    code: 'FL5015',
    message: 'TLS minimum version "VersionTLS13" is above the maximum version "VersionTLS12"',
  },
  {
    name: 'unknown cipher suite',
    text: tls('{ options: { o: { cipherSuites: [«TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA25] } } }'),
    code: 'FL5011',
    message: 'invalid CipherSuite: TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA25',
    hint: 'did you mean "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"?',
    effect: 'handshakes for hosts that use them are refused',
  },
  {
    name: 'broken cipher suite',
    text: tls('{ options: { o: { cipherSuites: [«TLS_RSA_WITH_RC4_128_SHA] } } }'),
    code: 'FL5016',
    message: 'is broken and not offered',
  },
  {
    name: 'unknown curve',
    text: tls('{ options: { o: { curvePreferences: [«CurveP25] } } }'),
    code: 'FL5012',
    message: 'invalid CurveID in curvePreferences: CurveP25',
    hint: 'did you mean "CurveP256"?',
  },
  {
    name: 'client certificates',
    text: tls('{ options: { o: { clientAuth: «{ caFiles: [a] } } } }'),
    code: 'FL3012',
    message: '"clientAuth" must be left out: it is not supported yet',
    effect: 'handshakes for hosts that use them are refused',
  },
  {
    name: 'TLS options without a host',
    text: router("'Path(`/`)'", ', tls: { options: «o }') + 'tls: { options: { o: {} } }\n',
    code: 'FL5009',
    message: 'TLS options "o@file" cannot apply',
    hint: 'Host(',
    effect: 'the default TLS options apply',
  },
];

/** Cases that need more text than one line can hold. */
const longCases: readonly Case[] = cases.map((one) =>
  one.code !== 'FL3014'
    ? one
    : {
        ...one,
        text: "http:\n  routers:\n    r: { rule: 'Host(`a`)', service: noop@internal }\n    z: { rule: «'Host(`a`)', service: noop@internal }\n",
      },
);

for (const { name, text, code, message, hint, effect, options } of longCases) {
  test(name, () => {
    const at = text.indexOf('«');
    const before = text.slice(0, at).split('\n');
    const { findings } = check(text.replace('«', ''), options);
    const found = findings.find((finding) => finding.code === code);
    assert.ok(
      found,
      `${code} is missing in ${JSON.stringify(findings.map((finding) => [finding.code, finding.message]))}`,
    );
    assert.ok(found.message.includes(message), found.message);
    assert.equal(placeOf(found), `${before.length}:${(before.at(-1) ?? '').length + 1}`);
    if (hint !== undefined) assert.ok(found.hint?.includes(hint), found.hint);
    if (effect !== undefined) assert.ok(found.effect?.includes(effect), found.effect);
    if (found.severity === 'error') assert.notEqual(found.effect, undefined);
  });
}
