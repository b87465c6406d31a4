/**
 * Why the data plane gives up on a connection, a request or a response. The order and the names are those of `Reason` in
 * native/base/error.h (a test compares them); they appear in the access log, in the metrics and in the reference.
 */
export interface ReasonDefinition {
  readonly name: string;
  /** Status the client gets when nothing has been sent yet; 0: the connection is cut, or the status is another's. */
  readonly status: number;
  /** One sentence without a final period. */
  readonly help: string;
}

const reason = (name: string, status: number, help: string): ReasonDefinition => ({ name, status, help });

/** Every reason, in the order of the wire. */
export const reasons: readonly ReasonDefinition[] = [
  reason('none', 0, 'nothing went wrong'),
  reason('client_closed', 499, 'the client closed the connection before the response was complete'),
  reason('malformed_request', 400, 'the request head breaks the rules of HTTP'),
  reason('header_too_large', 431, 'the request head is larger, or has more fields, than the entry point allows'),
  reason('uri_too_long', 414, 'the request target is longer than the entry point allows'),
  reason('head_timeout', 408, 'the request head did not arrive in time'),
  reason('body_timeout', 408, 'the request body did not arrive in time'),
  reason('unsupported_version', 505, 'the HTTP version of the request is not supported'),
  reason('unsupported_coding', 501, 'the transfer coding of the request is not supported'),
  reason('unsupported_method', 501, 'the method (CONNECT) is not supported'),
  reason('malformed_body', 400, 'the framing of the request body is broken'),
  reason('denied_character', 400, 'the path holds an escape that the entry point denies'),
  reason('denied_header', 400, 'a header name holds an underscore and the entry point rejects them'),
  reason('misdirected', 421, 'the TLS options of the connection are not those of the requested host'),
  reason('expectation_failed', 417, 'the expectation of the request cannot be met'),
  reason('write_timeout', 0, 'the client did not take the response in time; the connection was cut'),
  reason('tls_handshake', 0, 'the TLS handshake with the client failed; the connection was cut'),
  reason('no_route', 404, 'no router matches the request'),
  reason('middleware_replied', 0, 'a middleware answered the request itself'),
  reason('middleware_failed', 500, 'a middleware failed'),
  reason('rate_limited', 429, 'the rate limit of the client is exceeded'),
  reason('auth_denied', 0, 'the authentication server denied the request'),
  reason('auth_failed', 500, 'the authentication server could not be asked'),
  reason('body_too_large', 413, 'the request body is longer than the service allows'),
  reason('no_server', 503, 'the service has no server that can be used'),
  reason('connect_failed', 502, 'no connection to the server could be opened'),
  reason('connect_timeout', 504, 'the connection to the server was not opened in time'),
  reason('upstream_tls', 500, 'the TLS handshake with the server failed or its certificate was refused'),
  reason('upstream_tls_timeout', 504, 'the TLS handshake with the server took too long'),
  reason('upstream_reset', 502, 'the server closed the connection before it answered'),
  reason('upstream_malformed', 502, 'the response of the server breaks the rules of HTTP'),
  reason('upstream_head_timeout', 504, 'the server did not answer in time'),
  reason('upstream_truncated', 0, 'the response of the server ended early; the connection was cut'),
  reason('upstream_idle_timeout', 0, 'the response of the server stalled; the connection was cut'),
  reason('total_timeout', 504, 'the request took longer in all than the router or service allows'),
  reason('try_timeout', 504, 'the server did not answer within the time for one try'),
  reason('resolve_failed', 502, 'the name of the server could not be resolved'),
  reason('overload', 503, 'the proxy is at a limit that protects it'),
  reason('overload_cut', 0, 'the exchange held the most memory while the proxy was at its limit; it was cut'),
  reason('out_of_descriptors', 503, 'the process may not open more files'),
  reason('draining', 503, 'the proxy is shutting down'),
  reason('queue_full', 503, 'the queue of the service was full, and the key of the request had the most in it'),
  reason('queue_timeout', 503, 'the request waited in the queue of the service for as long as it may'),
  reason('internal', 500, 'the proxy made a mistake'),
];
