/** The routers of one side of a plan with those above them: what a request has to be like to come to one of them. */
import type { ExplainRequest } from '../explain/request.js';
import type { RuleNode } from '../schema/rule/ast.js';
import { parseRule } from '../schema/rule/parser.js';
import { type Draft, draftsOf, nested, requestOf } from './examples.js';
import type { Side } from './side.js';

interface RouterJson {
  readonly rule?: string;
  readonly entryPoints?: readonly string[];
  readonly tls?: object;
  readonly status?: string;
  readonly childRefs?: readonly string[];
}

/** What a request asks for on its way down, and the root, which says where it comes in. */
interface Way {
  readonly draft: Draft;
  readonly root: RouterJson;
}

/** Ways to one router that are followed. */
const mostWays = 8;
/** Routers above each other are at most so many (lib/validate/layers.ts). */
const mostLayers = 16;

/** One side. */
export class Layers {
  readonly #routers: Readonly<Record<string, RouterJson>>;
  /** Names of those above it, by the name of a router. */
  readonly #parents = new Map<string, string[]>();

  constructor({ objects }: Pick<Side, 'objects'>) {
    this.#routers = (objects['routers'] ?? {}) as Readonly<Record<string, RouterJson>>;
    for (const [name, { childRefs = [] }] of Object.entries(this.#routers)) {
      for (const child of childRefs) this.#parents.set(child, [...(this.#parents.get(child) ?? []), name]);
    }
  }

  /** Whether there is a router below another one. */
  get exist(): boolean {
    return this.#parents.size > 0;
  }

  /** Requests that the router should get. */
  requestsFor(name: string): readonly ExplainRequest[] {
    return this.#ways(name, mostLayers).flatMap(({ draft, root: { entryPoints = [], tls } }) =>
      entryPoints.map((entryPoint) => requestOf(draft, { entryPoint, tls: tls !== undefined })),
    );
  }

  #ways(name: string, most: number): readonly Way[] {
    const router = this.#routers[name];
    const rule = ruleOf(router);
    if (router === undefined || rule === undefined || most === 0) return [];
    const own = draftsOf(rule);
    const parents = this.#parents.get(name);
    if (parents === undefined) return own.map((draft) => ({ draft, root: router }));
    const above = parents.flatMap((parent) => this.#ways(parent, most - 1));
    const below = ({ draft, root }: Way): readonly Way[] =>
      own.flatMap((inner) => nested(draft, inner).map((both) => ({ draft: both, root })));
    return above.flatMap(below).slice(0, mostWays);
  }
}

function ruleOf(router: RouterJson | undefined): RuleNode | undefined {
  if (router?.rule === undefined || router.status === 'disabled') return undefined;
  return parseRule(router.rule).rule;
}
