/** What the fairness benchmark plays: ten tenants with the same claim, nine of which keep far below it. */

/** Requests the service has at its server at once. */
export const concurrency = 32;
/** Milliseconds the server takes, evenly spread. */
export const shortest = 100;
export const longest = 300;
/** Requests per second that the server can answer. */
export const capacity = (concurrency * 1000) / ((shortest + longest) / 2);
export const quietTenants = 9;
/** What one of ten tenants may have. */
export const share = capacity / (quietTenants + 1);
/** Requests per second of each quiet tenant: nine of them use a quarter of what there is. */
export const quietRate = capacity / 4 / quietTenants;
/** The flood offers a hundred times its share. */
export const floodRate = 100 * share;
/** Connections the flood has at most; so its queue in the proxy is bounded as well as its load. */
export const floodSockets = 512;
export const maxLength = 256;
/** Before counting begins, in milliseconds: the flood fills the queue. */
export const warmup = 3000;
