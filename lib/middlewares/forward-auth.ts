import { z } from 'zod';
import { redactText } from '../diagnostics/redact.js';
import { headerName, httpUrl, pattern } from '../schema/text.js';
import { server, transport } from '../snapshot/records.js';
import { bool, list, record, text, u64, u8, type Value } from '../snapshot/wire.js';
import { withoutEffect } from '../source/marks.js';
import { byteSize, fileOrContent, positiveDuration, stringList } from '../source/scalars.js';
import { defineMiddleware, type LowerContext } from './define.js';

/** Bodies are held in memory, so "unlimited" has a bound. */
const requestBodyBound = 64 * 1024 * 1024;
const responseBodyBound = 8 * 1024 * 1024;

const second = 1_000_000_000n;

const headerNames = z.array(headerName);

const tls = z
  .strictObject({
    ca: fileOrContent.optional().meta({ description: 'Certificate authorities that the server is verified against.' }),
    caOptional: withoutEffect(z.boolean().optional().meta({ description: 'Deprecated.' }), 'Traefik v3 removed it'),
    cert: fileOrContent.optional().meta({ description: 'Client certificate.' }),
    key: fileOrContent.optional().meta({ description: 'Key of the client certificate.' }),
    insecureSkipVerify: z.boolean().default(false).meta({ description: 'Accepts any certificate of the server.' }),
  })
  .refine(({ cert, key }) => (cert === undefined) === (key === undefined), 'cert and key need each other');

const schema = z.strictObject({
  address: httpUrl.meta({ description: 'URL that decides: 2xx lets the request pass.' }),
  tls: tls.optional().meta({ description: 'TLS towards the authentication server.' }),
  trustForwardHeader: z.boolean().optional().meta({
    description:
      'true keeps X-Forwarded-* of the request, false removes them first; unset overwrites them but for X-Forwarded-Port.',
  }),
  authResponseHeaders: headerNames.default([]).meta({ description: 'Headers copied from the answer to the request.' }),
  authResponseHeadersRegex: pattern.default('').meta({
    description: 'Pattern of further headers to copy from the answer to the request.',
  }),
  authRequestHeaders: headerNames
    .default([])
    .meta({ description: 'Headers sent to the server; none listed sends all.' }),
  addAuthCookiesToResponse: stringList
    .default([])
    .meta({ description: 'Cookies copied from the answer to the response.' }),
  headerField: z
    .union([headerName, z.literal('')])
    .default('')
    .meta({ description: 'Header of the answer that holds the user, for the access log.' }),
  forwardBody: z
    .boolean()
    .default(false)
    .meta({ description: 'Sends the request body as well; it is read into memory.' }),
  maxBodySize: byteSize.default(-1).meta({
    description: 'Bytes of request body beyond which the answer is 401. -1 means 64 MiB.',
  }),
  maxResponseBodySize: byteSize.default(-1).meta({
    description: "Bytes of the server's answer beyond which the answer is 401. -1 means 8 MiB.",
  }),
  timeout: positiveDuration
    .refine((value) => value > 0n, 'must be more than 0')
    .prefault('5s')
    .meta({ description: 'How long the whole answer may take; then it is 500. Traefik: 30s, not to be changed.' }),
  preserveLocationHeader: z.boolean().default(false).meta({
    description: "Passes a relative Location on as it is instead of resolving it against the server's URL.",
  }),
  preserveRequestMethod: z
    .boolean()
    .default(false)
    .meta({ description: "Asks with the request's method instead of GET." }),
  authSigninURL: z.string().default('').meta({ description: 'Where a 401 of the server redirects to.' }),
});
type Config = z.output<typeof schema>;

const portOf = (url: URL): number => (url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port));

/** Its idle connections are those of its transport: with another authority or certificate they are not kept. */
function serverOf(url: URL, transportIdentity: bigint, context: LowerContext): Value<typeof server> {
  return {
    identity: context.identity('forwardAuth', context.name, url.origin, String(transportIdentity)),
    url: url.origin,
    host: url.hostname.replace(/^\[|\]$/g, ''),
    authority: url.host,
    path: '',
    port: portOf(url),
    weight: 1,
    tls: url.protocol === 'https:',
    unix: false,
    preservePath: false,
  };
}

function transportOf(
  { tls: options }: Config,
  context: LowerContext,
): Value<typeof transport> & { readonly identity: bigint } {
  const rootCas = options?.ca === undefined ? [] : [context.content(options.ca)];
  const chain = options?.cert === undefined ? '' : context.content(options.cert);
  const key = options?.key === undefined ? '' : context.content(options.key);
  const certificates =
    chain === '' ? [] : [{ identity: context.identity('certificate', chain, key), chain, key, names: [] }];
  const insecureSkipVerify = options?.insecureSkipVerify ?? false;
  return {
    identity: context.identity('forwardAuth', context.name, rootCas, chain, key, insecureSkipVerify),
    name: context.name,
    dialTimeout: 30n * second,
    responseHeaderTimeout: 0,
    idleConnTimeout: 90n * second,
    maxIdleConnsPerHost: 200,
    serverName: '',
    insecureSkipVerify,
    minVersion: 0,
    maxVersion: 0,
    cipherSuites: '',
    rootCas,
    certificates,
    peerNames: [],
  };
}

/** Text without its escapes; a URL is ASCII, so every byte is one character before. */
function unescaped(part: string): string {
  const bytes = part.replace(/%([0-9a-f]{2})/gi, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  );
  return Buffer.from(bytes, 'latin1').toString();
}

/** Credentials in the URL, as the Authorization header that carries them (RFC 7617). */
function authorizationOf({ username, password }: URL): string {
  if (username === '' && password === '') return '';
  const credentials = `${unescaped(username)}:${unescaped(password)}`;
  return `Basic ${Buffer.from(credentials).toString('base64')}`;
}

const bounded = (size: number, bound: number): number => (size < 0 ? bound : size);

/** `forwardAuth` (Traefik: ForwardAuth). */
export const forwardAuth = defineMiddleware({
  name: 'forwardAuth',
  summary: 'Asks another server whether a request may pass.',
  schema,
  wire: record('ForwardAuth', {
    server,
    transport,
    /** Path and query that are asked. */
    path: text,
    /** `scheme://authority`, against which a relative Location is resolved. */
    origin: text,
    /** Sent when the request has no Authorization; empty for none. */
    authorization: text,
    /** 0 overwrite (Traefik's default), 1 remove first, 2 keep. */
    trust: u8,
    responseHeaders: list(text),
    /** RE2 source; empty for none. */
    responseHeaderPattern: text,
    /** Empty: all. */
    requestHeaders: list(text),
    cookies: list(text),
    headerField: text,
    forwardBody: bool,
    preserveLocation: bool,
    preserveMethod: bool,
    signinUrl: text,
    /** Nanoseconds for the whole answer. */
    timeout: u64,
    maxBodyBytes: u64,
    maxResponseBytes: u64,
  }),
  atRunTime: ({ address }) => `asks ${redactText(address)} when the request comes, and passes if the answer is 2xx`,
  lower: (config, context) => {
    const url = new URL(config.address);
    const transport = transportOf(config, context);
    return {
      server: serverOf(url, transport.identity, context),
      transport,
      path: `${url.pathname}${url.search}`,
      origin: url.origin,
      authorization: authorizationOf(url),
      trust: config.trustForwardHeader === undefined ? 0 : config.trustForwardHeader ? 2 : 1,
      responseHeaders: config.authResponseHeaders,
      responseHeaderPattern: config.authResponseHeadersRegex,
      requestHeaders: config.authRequestHeaders,
      cookies: config.addAuthCookiesToResponse,
      headerField: config.headerField,
      forwardBody: config.forwardBody,
      preserveLocation: config.preserveLocationHeader,
      preserveMethod: config.preserveRequestMethod,
      signinUrl: config.authSigninURL,
      timeout: config.timeout,
      maxBodyBytes: bounded(config.maxBodySize, requestBodyBound),
      maxResponseBytes: bounded(config.maxResponseBodySize, responseBodyBound),
    };
  },
});
