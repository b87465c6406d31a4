/** JSON Schemas of the configuration, for editors and for the reference pages. */
import { z } from 'zod';
import { install } from '../../lib/install/schema.js';
import { middlewares } from '../../lib/middlewares/index.js';
import { router } from '../../lib/schema/router.js';
import { serversTransport } from '../../lib/schema/servers-transport.js';
import { highestRandomWeight, loadBalancer, serviceMiddlewares, weighted } from '../../lib/schema/service.js';
import { failover } from '../../lib/schema/failover.js';
import { mirroring } from '../../lib/schema/mirroring.js';
import { tlsCertificate, tlsOptions, tlsStore } from '../../lib/schema/tls.js';
import { formatDuration } from '../../lib/source/duration.js';
import { markOf } from '../../lib/source/marks.js';
import { byteSize, cidr, duration, int64, positiveDuration, statusRange } from '../../lib/source/scalars.js';
import type { GeneratedFile } from './file.js';

/** The part of JSON Schema that our schemas use. What begins with `x-` is for the reference pages. */
export interface JsonSchema {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | JsonSchema;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly [other: string]: unknown;
}

/** What the scalars of ours hold, in words. */
const scalarNames = new Map<z.core.$ZodType, string>([
  [duration, 'duration'],
  [positiveDuration, 'duration'],
  [byteSize, 'size'],
  [cidr, 'network'],
  [int64, 'integer'],
  [statusRange, 'status codes'],
]);

type Mutable = { -readonly [Key in keyof JsonSchema]: JsonSchema[Key] };

/** Adds what zod cannot know: names of scalars, defaults that are bigints, marks. */
function complete(schema: z.core.$ZodType, json: Mutable): void {
  const name = scalarNames.get(schema);
  if (name !== undefined) json['x-type'] = name;
  const mark = markOf(schema);
  if (mark?.notYet === true) json['x-not-yet'] = true;
  if (mark?.withoutEffect !== undefined) json['x-without-effect'] = mark.withoutEffect;
  if (mark?.bare === true) json['x-bare'] = true;
  const { def } = schema._zod as { readonly def: { readonly type: string; readonly defaultValue?: unknown } };
  if (def.type !== 'default') return;
  const value = def.defaultValue;
  if (typeof value === 'bigint') json.default = json['x-type'] === 'integer' ? String(value) : formatDuration(value);
  else if (Array.isArray(value) && value.length === 0) json.default = [];
}

/** The schema of what users may write. */
export function jsonSchemaOf(schema: z.ZodType): JsonSchema {
  return z.toJSONSchema(schema, {
    io: 'input',
    target: 'draft-7',
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => complete(zodSchema, jsonSchema as Mutable),
  }) as JsonSchema;
}

const oneOf = (kinds: Readonly<Record<string, z.ZodType>>): z.ZodType => z.strictObject(kinds).partial();
const named = (schema: z.ZodType, description: string): z.ZodType =>
  z.record(z.string(), schema).optional().meta({ description });

const middleware = oneOf(
  Object.fromEntries(middlewares.map(({ name, summary, schema }) => [name, schema.meta({ description: summary })])),
);
const service = oneOf({
  loadBalancer,
  weighted,
  highestRandomWeight,
  mirroring,
  failover,
  middlewares: serviceMiddlewares,
});

/** The dynamic configuration as a whole; the decoder reads object by object instead. */
const dynamic = z.strictObject({
  http: z
    .strictObject({
      routers: named(router, 'Which requests go where.'),
      services: named(service, 'What answers.'),
      middlewares: named(middleware, 'What happens on the way.'),
      serversTransports: named(serversTransport, 'How servers are spoken to.'),
    })
    .optional(),
  tls: z
    .strictObject({
      certificates: z.array(tlsCertificate).optional().meta({ description: 'Certificates to serve.' }),
      stores: named(tlsStore, 'Certificate stores; only `default` is used.'),
      options: named(tlsOptions, 'Named TLS options.'),
    })
    .optional(),
});

/**
 * A schema for editors: where the decoder takes more than one form, so does the schema. `true` and nothing at all enable an
 * object with its defaults; a list of texts may be one text with commas.
 */
function forEditors({ properties, items, additionalProperties, ...rest }: JsonSchema): JsonSchema {
  const kept = Object.fromEntries(Object.entries(rest).filter(([key]) => !key.startsWith('x-')));
  const isTextList = rest.type === 'array' && items?.type === 'string';
  return {
    ...kept,
    ...(rest['x-bare'] === true && { type: ['object', 'boolean', 'null'] }),
    ...(isTextList && { type: ['array', 'string'] }),
    ...(properties && { properties: mapValues(properties, forEditors) }),
    ...(items && { items: forEditors(items) }),
    ...(rest.anyOf && { anyOf: rest.anyOf.map(forEditors) }),
    ...(additionalProperties !== undefined && {
      additionalProperties:
        typeof additionalProperties === 'boolean' ? additionalProperties : forEditors(additionalProperties),
    }),
  };
}

const mapValues = (record: Readonly<Record<string, JsonSchema>>, map: (schema: JsonSchema) => JsonSchema) =>
  Object.fromEntries(Object.entries(record).map(([key, schema]) => [key, map(schema)]));

const folder = 'docs/reference/schema';

function file(name: string, title: string, schema: JsonSchema): GeneratedFile {
  return { path: `${folder}/${name}.schema.json`, text: `${JSON.stringify({ ...schema, title }, undefined, 2)}\n` };
}

/** One file may hold both configurations, so each lets the other's sections pass. */
export function schemaFiles(): readonly GeneratedFile[] {
  const open = { additionalProperties: true };
  return [
    file('static', 'Fairlead install (static) configuration', { ...forEditors(jsonSchemaOf(install)), ...open }),
    file('dynamic', 'Fairlead dynamic configuration', { ...forEditors(jsonSchemaOf(dynamic)), ...open }),
  ];
}
