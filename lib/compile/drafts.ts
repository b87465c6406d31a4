/** Records of routers to be, by columns. What is known of a router that is the same as before is taken from there. */
import type { ResolvedRouter, RouterItem } from '../merge/model.js';
import { none, type router } from '../snapshot/records.js';
import type { Value } from '../snapshot/wire.js';
import { Column } from './column.js';
import type { CompileMemory } from './memory.js';
import type { RouteKey } from './rule/keys.js';
import { Row } from './row.js';
import type { Numberings, Scope } from './scope.js';
import { timeoutsIndex } from './timeouts.js';

/** A router of the snapshot. */
export type WireRouter = Value<typeof router> & { readonly keys: readonly RouteKey[] };

/** A router that is served. */
export type Served = RouterItem & { readonly resolved: ResolvedRouter };

/** What of the record of a router is the same when the router is: nothing, all but numbers of middlewares, or all. */
export const same = { nothing: 0, withoutChain: 1, all: 2 } as const;

/** The records of one root: what is denied in each, and the lists that it stands in. */
export interface Listing {
  readonly records: readonly { readonly mask: number; readonly lists: readonly number[] }[];
}

/** The records of one compilation, as the next one needs them. */
export class Drafts {
  readonly items: Row<Served>;
  readonly masks: Column;
  readonly same: Column;
  readonly numbers: { readonly service: Column; readonly tlsOptions: Column; readonly timeouts: Column };
  /** By root: its first record, and where its records are listed; undefined where that has to be worked out anew. */
  readonly firsts: Column;
  readonly listings: Row<Listing | undefined>;

  /** With room for as many as there were before. */
  constructor(before?: Drafts) {
    const [records, roots] = [before?.items.length, before?.firsts.length];
    this.items = new Row(records);
    [this.masks, this.same] = [new Column(records), new Column(records)];
    this.numbers = {
      service: new Column(records),
      tlsOptions: new Column(records),
      timeouts: new Column(records),
    };
    this.firsts = new Column(roots);
    this.listings = new Row(roots);
  }
}

/** Makes the records of one compilation. */
export class Drafting {
  readonly drafts: Drafts;
  /** The records that were made, in order, and the place of each. The others are likely to be those of before. */
  readonly made: WireRouter[] = [];
  readonly places = new Column();
  readonly #scope: Scope;
  readonly #taking: Taking | undefined;

  constructor(scope: Scope, { drafts: before, numberings }: Pick<CompileMemory, 'drafts' | 'numberings'>) {
    this.#scope = scope;
    this.drafts = new Drafts(before);
    this.#taking = before && numberings && takingFrom(before, numberings, scope);
  }

  /** Begins the records of the next root. */
  begin(): void {
    this.drafts.firsts.push(this.drafts.items.length);
    this.drafts.listings.push(undefined);
  }

  /** Remembers that the records of the current root are those of the same root the next time, listed like this. */
  settle(listing: Listing): void {
    this.drafts.listings.replaceLast(listing);
  }

  /**
   * Takes the records of the roots from `at` on, `most` of them at most, up to the first one that did not stand behind the
   * last one before or has to be worked out anew; returns how many it has taken. `placeOf` tells where a root stood, -1 for
   * nowhere.
   */
  take(placeOf: (at: number) => number, at: number, most: number): number {
    if (this.#taking === undefined) return 0;
    const { listings } = this.#taking.before;
    const root = placeOf(at);
    if (root < 0) return 0;
    const last = Math.min(root + most, listings.length);
    let end = root;
    while (end < last && listings.at(end) !== undefined && placeOf(at + end - root) === end) end++;
    if (end > root) this.#takeRoots(this.#taking, root, end);
    return end - root;
  }

  #takeRoots({ before, services, tlsOptions, timeouts }: Taking, root: number, end: number): void {
    const { items, masks, numbers, firsts, listings } = this.drafts;
    const from = before.firsts.at(root);
    const to = end < before.firsts.length ? before.firsts.at(end) : before.items.length;
    const moved = items.length - from;
    firsts.appendChanged(before.firsts, root, end, (first) => first + moved);
    listings.append(before.listings, root, end);
    for (let at = from; at < to; at++) {
      if (before.same.at(at) !== same.all) this.#askForChain(before.items.at(at));
    }
    numbers.service.appendChanged(before.numbers.service, from, to, services);
    numbers.tlsOptions.appendChanged(before.numbers.tlsOptions, from, to, tlsOptions);
    numbers.timeouts.appendChanged(before.numbers.timeouts, from, to, timeouts);
    masks.append(before.masks, from, to);
    this.drafts.same.append(before.same, from, to);
    items.append(before.items, from, to);
  }

  /** Adds a record with the numbers of what its router names; returns its place. Those of its layer are made with it. */
  add(item: Served, mask: number, value: WireRouter, isTied: boolean): number {
    const { middlewares, service, parents, tls } = item.resolved;
    const { items, numbers } = this.drafts;
    const scope = this.#scope;
    this.#askForChain(item);
    numbers.service.push(service === undefined ? none : scope.services.indexOf(service));
    numbers.tlsOptions.push(tls === undefined ? none : scope.tlsOptions.indexOf(tls.options));
    numbers.timeouts.push(timeoutsIndex(scope, item.config?.timeouts));
    this.made.push(value);
    this.places.push(items.length);
    const isFirst = items.length === 0 || items.at(items.length - 1) !== item;
    const isAlone = isFirst && service !== undefined && parents.length === 0 && !isTied;
    return this.#push(item, mask, !isAlone ? same.nothing : middlewares.length > 0 ? same.withoutChain : same.all);
  }

  #push(item: Served, mask: number, isSame: number): number {
    this.drafts.masks.push(mask);
    this.drafts.same.push(isSame);
    return this.drafts.items.push(item);
  }

  #askForChain({ resolved }: Served): void {
    for (const middleware of resolved.middlewares) this.#scope.middlewares.indexOf(middleware);
  }
}

/** The number of what had that number before. */
type Renumber = (number: number) => number;

interface Taking {
  readonly before: Drafts;
  readonly services: Renumber;
  readonly tlsOptions: Renumber;
  readonly timeouts: Renumber;
}

const takingFrom = (before: Drafts, numberings: Numberings, scope: Scope): Taking => {
  const renumber = (kind: 'services' | 'tlsOptions' | 'timeouts'): Renumber => {
    const [now, earlier] = [scope[kind], numberings[kind]];
    return (number) => (number === none ? none : now.indexLike(earlier, number));
  };
  return {
    before,
    services: renumber('services'),
    tlsOptions: renumber('tlsOptions'),
    timeouts: renumber('timeouts'),
  };
};
