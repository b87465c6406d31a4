import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { middlewares } from '../../../../lib/middlewares/index.js';
import { router } from '../../../../lib/schema/router.js';
import { sections } from '../../../../lib/schema/sections.js';
import { serversTransport } from '../../../../lib/schema/servers-transport.js';
import { serviceKinds } from '../../../../lib/schema/service.js';
import { tlsCertificate, tlsOptions, tlsStore } from '../../../../lib/schema/tls.js';

const schemas: Readonly<Record<string, z.ZodType>> = {
  sections,
  router,
  ...serviceKinds,
  serversTransport,
  tlsCertificate,
  tlsOptions,
  tlsStore,
  ...Object.fromEntries(middlewares.map(({ name, schema }) => [name, schema])),
};

interface Node {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Node>>;
  readonly items?: Node;
  readonly additionalProperties?: Node | boolean;
}

/** Dotted names of the keys that say nothing about themselves. */
function undescribed(node: Node, path: string): string[] {
  const below = Object.entries(node.properties ?? {}).flatMap(([key, property]) => {
    const own = property.description === undefined ? [`${path}.${key}`] : [];
    return [...own, ...undescribed(property, `${path}.${key}`)];
  });
  const { additionalProperties, items } = node;
  const inner = typeof additionalProperties === 'object' ? undescribed(additionalProperties, `${path}.*`) : [];
  return [...below, ...inner, ...(items === undefined ? [] : undescribed(items, `${path}[]`))];
}

for (const [name, schema] of Object.entries(schemas)) {
  test(`${name} has a JSON Schema in which every key is described`, () => {
    const json = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any', reused: 'inline' });
    assert.deepEqual(undescribed(json as Node, name), []);
  });
}
