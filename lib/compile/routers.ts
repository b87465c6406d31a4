/** Routers become programs with indexes, in the order in which they are tried. */
import type { InstallConfiguration } from '../install/schema.js';
import type { ResolvedRouter, RouterItem } from '../merge/model.js';
import { compareRouters } from '../merge/order.js';
import { deniedCharacters, none, type router } from '../snapshot/records.js';
import type { Value } from '../snapshot/wire.js';
import { lowerForIndex } from './rule/lower.js';
import type { Scope } from './scope.js';

type WireRouter = Value<typeof router>;

/** Routers of one entry point by index, best first. */
export interface RouterLists {
  readonly plain: number[];
  readonly tls: number[];
}

/** The routers of the snapshot, and which of them each entry point tries. */
export interface CompiledRouters {
  readonly routers: readonly WireRouter[];
  readonly byEntryPoint: ReadonlyMap<string, RouterLists>;
  /** Routers whose rule does not fit the data plane, with the reason. */
  readonly refused: readonly { readonly name: string; readonly message: string }[];
}

type Served = RouterItem & { readonly resolved: ResolvedRouter };

/** Compiles every router that is served. A router on entry points that deny different escapes is stored once for each. */
export function compileRouters(scope: Scope): CompiledRouters {
  const denied = deniedByEntryPoint(scope.install);
  const byEntryPoint = new Map<string, RouterLists>();
  for (const name of denied.keys()) byEntryPoint.set(name, { plain: [], tls: [] });
  const routers: WireRouter[] = [];
  const refused: { name: string; message: string }[] = [];
  for (const item of inOrder(scope.configuration.routers.values())) {
    const compiled = compileRouter(scope, item);
    if (typeof compiled === 'string') {
      refused.push({ name: item.name, message: compiled });
      continue;
    }
    const indexes = new Map<number, number>();
    for (const entryPoint of item.resolved.entryPoints) {
      const mask = denied.get(entryPoint) ?? 0;
      const index = indexes.get(mask) ?? routers.push({ ...compiled, deniedCharacters: mask }) - 1;
      indexes.set(mask, index);
      const lists = byEntryPoint.get(entryPoint);
      (item.resolved.tls === undefined ? lists?.plain : lists?.tls)?.push(index);
    }
  }
  return { routers, byEntryPoint, refused };
}

function inOrder(items: Iterable<RouterItem>): readonly Served[] {
  const served = [...items].filter((item): item is Served => item.status !== 'disabled' && item.resolved !== undefined);
  return served.sort(compareRouters);
}

/** A router of the snapshot, or why its rule cannot be one. */
function compileRouter(scope: Scope, { name, resolved }: Served): WireRouter | string {
  const { lowered, problem } = lowerForIndex(resolved.rule, scope.rules);
  if (lowered === undefined) return problem.message;
  const { accessLog } = scope.install;
  const logsInternals = accessLog?.addInternals === true || !resolved.service.endsWith('@internal');
  return {
    name,
    program: lowered.program,
    keys: lowered.keys,
    chain: resolved.middlewares.map((middleware) => scope.middlewares.indexOf(middleware)),
    service: scope.services.indexOf(resolved.service),
    tlsOptions: resolved.tls === undefined ? none : scope.tlsOptions.indexOf(resolved.tls.options),
    deniedCharacters: 0,
    accessLog: resolved.observability.accessLogs === true && logsInternals,
  };
}

/** Bits of `deniedCharacters` for each TCP entry point. Without `encodedCharacters` nothing is denied. */
function deniedByEntryPoint({ entryPoints }: InstallConfiguration): ReadonlyMap<string, number> {
  const masks = Object.entries(entryPoints).flatMap(([name, { address, http }]): [string, number][] => {
    if (address.protocol !== 'tcp') return [];
    const allowed = http.encodedCharacters;
    return [[name, allowed === undefined ? 0 : maskOf(allowed)]];
  });
  return new Map(masks);
}

type EncodedCharacters = NonNullable<InstallConfiguration['entryPoints'][string]['http']['encodedCharacters']>;

function maskOf(allowed: EncodedCharacters): number {
  return (
    (allowed.allowEncodedSlash ? 0 : deniedCharacters.slash) |
    (allowed.allowEncodedBackSlash ? 0 : deniedCharacters.backSlash) |
    (allowed.allowEncodedNullCharacter ? 0 : deniedCharacters.nullCharacter) |
    (allowed.allowEncodedSemicolon ? 0 : deniedCharacters.semicolon) |
    (allowed.allowEncodedPercent ? 0 : deniedCharacters.percent) |
    (allowed.allowEncodedQuestionMark ? 0 : deniedCharacters.questionMark) |
    (allowed.allowEncodedHash ? 0 : deniedCharacters.hash)
  );
}
