/** Search, order and pages of the lists of the admin API, as Traefik has them. */
import type { Element } from './elements.js';

/** An element that is made when somebody looks at it: most of a long list is never shown. */
export interface Entry {
  readonly name: string;
  readonly element: () => Element;
}

/** One page, or why there is none. */
export type Page = { readonly items: readonly Element[]; readonly next: number } | { readonly message: string };

const usualPageSize = 100;

/** Parameters that leave elements out. */
const filters = ['search', 'status', 'serviceName', 'middlewareName'] as const;

/** Fields that `search` looks into. */
const searched = ['name', 'provider', 'rule', 'service', 'type'] as const;

/** The elements that a query asks for, in its order. */
export function listed(entries: readonly Entry[], query: URLSearchParams): Page {
  const isFiltered = filters.some((filter) => (query.get(filter) ?? '') !== '');
  const found = isFiltered ? entries.filter(({ element }) => isWanted(element(), query)) : entries;
  return pageOf(sorted(found, query), query);
}

function isWanted(element: Element, query: URLSearchParams): boolean {
  const search = query.get('search')?.toLowerCase() ?? '';
  const status = query.get('status')?.toLowerCase() ?? '';
  const service = query.get('serviceName') ?? '';
  const middleware = query.get('middlewareName') ?? '';
  return (
    (search === '' || searched.some((field) => textOf(element[field]).toLowerCase().includes(search))) &&
    (status === '' || element['status'] === status) &&
    (service === '' || names(element['service'], element).includes(service)) &&
    (middleware === '' || names(element['middlewares'], element).includes(middleware))
  );
}

/** Names as written and qualified, because both are asked for. */
function names(value: Element[string] | undefined, { provider }: Element): readonly string[] {
  const written = Array.isArray(value) ? value.map(String) : typeof value === 'string' ? [value] : [];
  return written.flatMap((name) => (name.includes('@') ? [name] : [name, `${name}@${textOf(provider)}`]));
}

const textOf = (value: Element[string] | undefined): string =>
  Array.isArray(value)
    ? value.map(String).join(',')
    : typeof value === 'string' || typeof value === 'number'
      ? String(value)
      : '';

/** In the order of a field; the name decides between equals. */
function sorted(entries: readonly Entry[], query: URLSearchParams): readonly Entry[] {
  const field = query.get('sortBy') ?? 'name';
  const direction = query.get('direction') === 'desc' ? -1 : 1;
  const byName = (a: Entry, b: Entry): number => direction * (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);
  if (field === 'name') return [...entries].sort(byName);
  const made = entries.map((entry) => ({ entry, element: entry.element() }));
  made.sort((a, b) => direction * compared(a.element, b.element, field) || byName(a.entry, b.entry));
  return made.map(({ entry, element }) => ({ name: entry.name, element: () => element }));
}

function compared(a: Element, b: Element, field: string): number {
  if (field === 'priority')
    return compareBigints(BigInt(textOf(a['priorityStr']) || 0), BigInt(textOf(b['priorityStr']) || 0));
  if (field === 'servers') return serverCount(a) - serverCount(b);
  const [left, right] = [textOf(a[field]), textOf(b[field])];
  return left < right ? -1 : left > right ? 1 : 0;
}

const compareBigints = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0);

const serverCount = ({ serverStatus }: Element): number =>
  typeof serverStatus === 'object' && serverStatus !== null ? Object.keys(serverStatus).length : 0;

/** `X-Next-Page` is the number of the next page, or 1 behind the last one. */
function pageOf(entries: readonly Entry[], query: URLSearchParams): Page {
  const page = positive(query.get('page'), 1);
  const size = positive(query.get('per_page'), usualPageSize);
  const start = (page - 1) * size;
  if (Number.isNaN(start) || (start >= entries.length && start > 0)) {
    return {
      message: `invalid request: page: ${query.get('page') ?? page}, per_page: ${query.get('per_page') ?? size}`,
    };
  }
  const end = start + size;
  return {
    items: entries.slice(start, end).map(({ element }) => element()),
    next: end < entries.length ? page + 1 : 1,
  };
}

function positive(text: string | null, usual: number): number {
  if (text === null || text === '') return usual;
  const value = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  return value > 0 ? value : Number.NaN;
}
