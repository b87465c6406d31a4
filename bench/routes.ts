/** The host and path names of the routing scenario; native/request.c asks for the same ones. */

/** A route is one host with one path prefix. */
export interface Route {
  readonly host: string;
  readonly prefix: string;
}

/** How many routes there are: every host has every path. */
export interface RouteTable {
  readonly hosts: number;
  readonly paths: number;
}

/** All routes of the table, grouped by host. */
export function routesOf({ hosts, paths }: RouteTable): readonly Route[] {
  const prefixes = hostPrefixes(paths);
  return hostNames(hosts).flatMap((host) => prefixes.map((prefix) => ({ host, prefix })));
}

/** `h00000.example.test`, `h00001.example.test`, … */
export function hostNames(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `h${String(index).padStart(5, '0')}.example.test`);
}

/** `/p00/`, `/p01/`, … */
export function hostPrefixes(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `/p${String(index).padStart(2, '0')}/`);
}
