/**
 * The counters of the data plane. Order is the wire: C++ counts by index (native/stats/generated/counters.gen.h), and
 * `readStats` copies the sums in this order.
 */
import { reasons } from './reasons.js';

/** One number the workers keep. A gauge goes down again, a counter never does. */
export interface CounterDefinition {
  /** Lower case with underscores; exports put `fairlead_` before it and end counters in `_total`. */
  readonly name: string;
  readonly kind: 'counter' | 'gauge';
  /** One sentence without a final period. */
  readonly help: string;
}

const counter = <const N extends string>(name: N, help: string) => ({ name, kind: 'counter', help }) as const;
const gauge = <const N extends string>(name: N, help: string) => ({ name, kind: 'gauge', help }) as const;

/** What happens in the data plane, apart from refusals. */
export const activity = [
  counter('connections_accepted', 'Client connections accepted'),
  gauge('connections_open', 'Client connections open'),
  counter('connections_refused', 'Client connections refused because a limit was reached'),
  counter('tls_handshakes', 'TLS handshakes completed with clients, resumed ones included'),
  counter('tls_resumed', 'TLS handshakes that resumed an earlier session'),
  counter('tls_failures', 'TLS handshakes with clients that failed'),
  counter('requests_total', 'Requests whose head was received'),
  gauge('requests_active', 'Requests in progress'),
  counter('responses_1xx', 'Informational responses sent to clients'),
  counter('responses_2xx', 'Responses of class 2xx sent to clients'),
  counter('responses_3xx', 'Responses of class 3xx sent to clients'),
  counter('responses_4xx', 'Responses of class 4xx sent to clients'),
  counter('responses_5xx', 'Responses of class 5xx sent to clients'),
  counter('bytes_received', 'Bytes received from clients, after decryption'),
  counter('bytes_sent', 'Bytes sent to clients, before encryption'),
  counter('upstream_connects', 'Connections opened to servers'),
  counter('upstream_connect_failures', 'Connections to servers that could not be opened'),
  counter('upstream_reused', 'Requests sent on a connection that was kept from an earlier one'),
  counter('upstream_requests', 'Requests sent to servers, retries included'),
  counter('upstream_retries', 'Requests sent again after a failure'),
  counter('health_checks', 'Active health checks made'),
  counter('health_checks_failed', 'Active health checks that failed'),
  counter('servers_taken_down', 'How often a server was taken down by a health check'),
  counter('servers_ejected', 'How often a server was taken down because requests to it failed'),
  counter('servers_restored', 'How often a server that had been down came back'),
  gauge('servers_down', 'Servers that are down'),
  counter('upstream_retries_denied', 'Requests not sent again because the retry budget was spent'),
  gauge('upgrades_active', 'Upgraded connections (WebSocket) in progress'),
  counter('access_log_lines', 'Access log lines written'),
  counter('access_log_dropped', 'Access log lines dropped because the writer fell behind or the file took no more'),
  gauge('snapshots_live', 'Configurations still in use by some request'),
  gauge('buffers_bytes', 'Bytes held in pooled buffers'),
  gauge('buffers_limit_bytes', 'Bytes that pooled buffers may take'),
  gauge('memory_bytes', 'Memory of the process, at the last look'),
  gauge('memory_limit_bytes', 'Memory that the process may take; 0 = no limit is known'),
  gauge('overload_stage', 'How much is given up for want of memory: 0 nothing, 5 the heaviest exchanges'),
  counter('overload_stages_entered', 'How often a further stage of overload began'),
  counter('overload_keepalive_ended', 'Responses that ended their connection because memory was short'),
  counter('overload_accept_pauses', 'How often a worker stopped accepting because memory was short'),
  counter('idle_connections_closed', 'Idle client connections closed early to make room for others'),
  counter('connections_refused_client', 'Client connections refused because their address had as many as it may have'),
  counter('connections_refused_descriptors', 'Client connections refused because the process may not open more files'),
  counter('mirror_requests', 'Copies of requests begun for mirrors; each ends as one of the next four'),
  counter('mirror_answered', 'Copies that their mirror answered, whatever it said'),
  counter('mirror_failed', 'Copies that their mirror did not answer, or not to the end'),
  counter('mirror_given_up', 'Copies given up because their mirror was too slow'),
  counter('mirror_cancelled', 'Copies cut because the client went away, the proxy stopped or memory was short'),
  counter('mirror_skipped', 'Copies not begun: the body was too long, too many were under way, or memory was short'),
  gauge('mirrors_active', 'Copies for mirrors under way or waiting for their body'),
  counter('failovers', 'Requests that the fallback of a failover service was asked'),
] as const satisfies readonly CounterDefinition[];

/** Every counter, in the order of the wire; one per reason of refusal comes last, in the order of native/base/error.h. */
export const counters: readonly CounterDefinition[] = [
  ...activity,
  ...reasons.map(({ name, help }) => counter(`reason_${name}`, `Given up: ${help}`)),
];

/** Index of the counter of the first reason. */
export const firstReason = activity.length;
