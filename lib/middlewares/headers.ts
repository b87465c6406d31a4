import { z } from 'zod';
import { headerMap, headerName, headerValue, pattern } from '../schema/text.js';
import { bool, list, record, text } from '../snapshot/wire.js';
import { withoutEffect } from '../source/marks.js';
import { defineMiddleware } from './define.js';

const flag = z.boolean().default(false);
const value = headerValue.default('');
const values = z.array(headerValue);
const names = z.array(headerName);
const removed = 'Traefik v3 removed it; the option is accepted and changes nothing';

const schema = z
  .strictObject({
    customRequestHeaders: headerMap
      .default({})
      .meta({ description: 'Request headers to set; an empty value deletes.' }),
    customResponseHeaders: headerMap
      .default({})
      .meta({ description: 'Response headers to set; an empty value deletes.' }),
    accessControlAllowCredentials: flag.meta({ description: 'Allows requests with credentials from other origins.' }),
    accessControlAllowHeaders: values.default([]).meta({ description: 'Headers a cross-origin request may carry.' }),
    accessControlAllowMethods: values.default([]).meta({ description: 'Methods a cross-origin request may use.' }),
    accessControlAllowOriginList: values.default([]).meta({ description: 'Origins that are allowed; "*" allows any.' }),
    accessControlAllowOriginListRegex: z
      .array(pattern)
      .default([])
      .meta({ description: 'Patterns of allowed origins, not anchored.' }),
    accessControlExposeHeaders: values.default([]).meta({ description: 'Response headers a script may read.' }),
    accessControlMaxAge: z.int().optional().meta({ description: 'Seconds a preflight answer may be kept.' }),
    addVaryHeader: flag.meta({ description: 'Adds Origin to Vary.' }),
    allowedHosts: values.default([]).meta({ description: 'Hosts that are served; others get 500.' }),
    hostsProxyHeaders: names.default([]).meta({ description: 'Headers that may hold the requested host.' }),
    sslProxyHeaders: headerMap
      .default({})
      .meta({ description: 'Headers whose value marks a request as made over TLS.' }),
    stsSeconds: z.int().min(0).default(0).meta({ description: 'max-age of Strict-Transport-Security; 0 sends none.' }),
    stsIncludeSubdomains: flag.meta({ description: 'Adds includeSubDomains to Strict-Transport-Security.' }),
    stsPreload: flag.meta({ description: 'Adds preload to Strict-Transport-Security.' }),
    forceSTSHeader: flag.meta({ description: 'Sends Strict-Transport-Security on clear text, too.' }),
    frameDeny: flag.meta({ description: 'X-Frame-Options: DENY.' }),
    customFrameOptionsValue: value.meta({ description: 'Value of X-Frame-Options; wins over frameDeny.' }),
    contentTypeNosniff: flag.meta({ description: 'X-Content-Type-Options: nosniff.' }),
    browserXssFilter: flag.meta({ description: 'X-XSS-Protection: 1; mode=block.' }),
    customBrowserXSSValue: value.meta({ description: 'Value of X-XSS-Protection; wins over browserXssFilter.' }),
    contentSecurityPolicy: value.meta({ description: 'Value of Content-Security-Policy.' }),
    contentSecurityPolicyReportOnly: value.meta({ description: 'Value of Content-Security-Policy-Report-Only.' }),
    publicKey: withoutEffect(
      z.string().optional().meta({ description: 'Public key pins.' }),
      'browsers dropped public key pinning',
    ),
    referrerPolicy: value.meta({ description: 'Value of Referrer-Policy.' }),
    permissionsPolicy: value.meta({ description: 'Value of Permissions-Policy.' }),
    isDevelopment: flag.meta({ description: 'Switches allowedHosts and Strict-Transport-Security off.' }),
    featurePolicy: withoutEffect(
      z.string().optional().meta({ description: 'Replaced by permissionsPolicy.' }),
      removed,
    ),
    sslRedirect: withoutEffect(z.boolean().optional().meta({ description: 'Replaced by redirectScheme.' }), removed),
    sslTemporaryRedirect: withoutEffect(
      z.boolean().optional().meta({ description: 'Replaced by redirectScheme.' }),
      removed,
    ),
    sslHost: withoutEffect(z.string().optional().meta({ description: 'Replaced by redirectRegex.' }), removed),
    sslForceHost: withoutEffect(z.boolean().optional().meta({ description: 'Replaced by redirectRegex.' }), removed),
  })
  .refine((config) => config.accessControlMaxAge !== undefined || Object.values(config).some(isSet), {
    error: 'headers configuration not valid',
    params: { code: 'FL2003', hint: 'set at least one option' },
  });
type Config = z.output<typeof schema>;

/** Whether an option says anything: empty texts, lists and maps, `false` and 0 do not. */
function isSet(option: unknown): boolean {
  if (option === undefined || option === '' || option === false || option === 0) return false;
  return typeof option !== 'object' || option === null || Object.keys(option).length > 0;
}

const edit = record('HeaderEdit', { name: text, value: text });
interface Edit {
  readonly name: string;
  readonly value: string;
}

const editsOf = (map: Readonly<Record<string, string>>): readonly Edit[] =>
  Object.entries(map).map(([name, value]) => ({ name, value }));

/** The headers that every response gets alike. */
function securityHeaders(config: Config): readonly Edit[] {
  const edits: readonly Edit[] = [
    { name: 'X-Frame-Options', value: config.customFrameOptionsValue || (config.frameDeny ? 'DENY' : '') },
    { name: 'X-Content-Type-Options', value: config.contentTypeNosniff ? 'nosniff' : '' },
    {
      name: 'X-XSS-Protection',
      value: config.customBrowserXSSValue || (config.browserXssFilter ? '1; mode=block' : ''),
    },
    { name: 'Content-Security-Policy', value: config.contentSecurityPolicy },
    { name: 'Content-Security-Policy-Report-Only', value: config.contentSecurityPolicyReportOnly },
    { name: 'Referrer-Policy', value: config.referrerPolicy },
    { name: 'Permissions-Policy', value: config.permissionsPolicy },
  ];
  return edits.filter(({ value }) => value !== '');
}

/** Value of Strict-Transport-Security (RFC 6797 section 6.1), or empty for none. */
function strictTransport(config: Config): string {
  if (config.stsSeconds === 0 || config.isDevelopment) return '';
  const subdomains = config.stsIncludeSubdomains ? '; includeSubDomains' : '';
  return `max-age=${config.stsSeconds}${subdomains}${config.stsPreload ? '; preload' : ''}`;
}

const crossOrigin = record('CrossOrigin', {
  /** Any option about other origins is set: preflight requests are answered here. */
  enabled: bool,
  credentials: bool,
  addVary: bool,
  /** `*` among the allowed headers or methods, with credentials: the preflight's own words are allowed. */
  echoHeaders: bool,
  echoMethods: bool,
  /** In the order of the configuration; `*` allows any. */
  origins: list(text),
  /** RE2 sources, not anchored. */
  originPatterns: list(text),
  /** Joined by commas; empty: not sent. */
  allowHeaders: text,
  allowMethods: text,
  exposeHeaders: text,
  /** Seconds as text; empty: not sent. */
  maxAge: text,
});

function lowerCrossOrigin(config: Config) {
  const credentials = config.accessControlAllowCredentials;
  const exposesAll = config.accessControlExposeHeaders.includes('*');
  return {
    enabled: [
      credentials,
      config.accessControlAllowHeaders,
      config.accessControlAllowMethods,
      config.accessControlAllowOriginList,
      config.accessControlAllowOriginListRegex,
      config.accessControlExposeHeaders,
      config.accessControlMaxAge !== undefined,
      config.addVaryHeader,
    ].some(isSet),
    credentials,
    addVary: config.addVaryHeader,
    echoHeaders: credentials && config.accessControlAllowHeaders.includes('*'),
    echoMethods: credentials && config.accessControlAllowMethods.includes('*'),
    origins: config.accessControlAllowOriginList,
    originPatterns: config.accessControlAllowOriginListRegex,
    allowHeaders: config.accessControlAllowHeaders.join(','),
    allowMethods: config.accessControlAllowMethods.join(','),
    exposeHeaders: credentials && exposesAll ? '' : config.accessControlExposeHeaders.join(','),
    maxAge: config.accessControlMaxAge === undefined ? '' : String(config.accessControlMaxAge),
  };
}

/** `headers` (Traefik: Headers). */
export const headers = defineMiddleware({
  name: 'headers',
  summary: 'Changes request and response headers; answers CORS preflights; adds security headers.',
  schema,
  wire: record('HeaderPolicy', {
    /** An empty value deletes. */
    requestEdits: list(edit),
    responseEdits: list(edit),
    securityHeaders: list(edit),
    /** Empty: not sent. */
    strictTransport: text,
    strictTransportOnClearText: bool,
    /** A request that carries one of these was made over TLS. */
    tlsMarks: list(edit),
    /** Empty: all are. */
    allowedHosts: list(text),
    hostHeaders: list(text),
    crossOrigin,
  }),
  lower: (config) => ({
    requestEdits: editsOf(config.customRequestHeaders),
    responseEdits: editsOf(config.customResponseHeaders),
    securityHeaders: securityHeaders(config),
    strictTransport: strictTransport(config),
    strictTransportOnClearText: config.forceSTSHeader,
    tlsMarks: editsOf(config.sslProxyHeaders),
    allowedHosts: config.isDevelopment ? [] : config.allowedHosts,
    hostHeaders: config.hostsProxyHeaders,
    crossOrigin: lowerCrossOrigin(config),
  }),
});
