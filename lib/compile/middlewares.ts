/** Middlewares are lowered by their definitions; the snapshot holds one list per kind and one reference each. */
import { contentOf } from '../merge/model.js';
import { middlewares as registry } from '../middlewares/index.js';
import type { MiddlewareDefinition } from '../middlewares/define.js';
import type { Fields, RecordType, Value } from '../snapshot/wire.js';
import type { middlewareRef } from '../snapshot/records.js';
import type { z } from 'zod';
import { identity } from './identity.js';
import { promised, type Scope } from './scope.js';

type WireRef = Value<typeof middlewareRef>;
type AnyDefinition = MiddlewareDefinition<z.ZodType, Fields>;

/** The middlewares of the snapshot. */
export interface CompiledMiddlewares {
  readonly refs: readonly WireRef[];
  /** Records by the name of their list in `MiddlewareConfigs`. */
  readonly configs: Value<RecordType<Fields>>;
}

const definitions = registry as unknown as readonly AnyDefinition[];
const kinds = new Map(definitions.map((definition, kind) => [definition.name, { definition, kind }]));
const listName = (record: string): string => record.charAt(0).toLowerCase() + record.slice(1);

/** Compiles every middleware that something asked for. */
export function compileMiddlewares(scope: Scope): CompiledMiddlewares {
  const lists = new Map<string, Value<RecordType<Fields>>[]>(
    definitions.map(({ wire }) => [listName(wire.name), []] as const),
  );
  const refs = scope.middlewares.lowerAll((name): WireRef => {
    const config = promised(scope.configuration.middlewares.get(name)?.config, name);
    const { definition, kind } = promised(kinds.get(config.kind), name);
    // The schema of that very definition has made these options.
    const lowered = definition.lower(config.options, { name, identity, content: (text) => contentIn(scope, text) });
    const list = promised(lists.get(listName(definition.wire.name)), definition.wire.name);
    return { identity: identity('middleware', name, config.kind, lowered), name, kind, index: list.push(lowered) - 1 };
  });
  return { refs, configs: Object.fromEntries(lists) };
}

function contentIn({ configuration }: Scope, fileOrContent: string): string {
  return promised(contentOf(configuration.files, fileOrContent), 'a file of a middleware');
}
