/** Every proxy the benchmark knows, in the order of the table. */
import type { Proxy } from './define.js';
import { caddy } from './caddy.js';
import { fairlead, fairleadAdaptive, fairleadCopy, fairleadPoll } from './fairlead.js';
import { fastProxy } from './fast-proxy.js';
import { fastify } from './fastify.js';
import { floor } from './floor.js';
import { h2o } from './h2o.js';
import { haproxy, haproxySplice } from './haproxy.js';
import { httpProxy } from './http-proxy.js';
import { nginx, nginxDefaults } from './nginx.js';

/** The registry. The floor needs a compiled program, hence the function. */
export function proxies(relay: string): readonly Proxy[] {
  return [
    fairlead,
    fairleadCopy,
    fairleadPoll,
    fairleadAdaptive,
    nginx,
    nginxDefaults,
    haproxy,
    haproxySplice,
    h2o,
    caddy,
    httpProxy,
    fastProxy,
    fastify,
    floor(relay),
  ];
}
