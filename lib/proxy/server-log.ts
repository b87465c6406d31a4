/** Changes of servers as lines of the log: a server that flaps must not fill it. */
import type { ServerState } from '../engine/events.js';
import type { Logger } from '../log.js';

/** Lines about one server within `window` milliseconds; further changes are counted and told with the next line. */
const most = 5;
const window = 10_000;

interface Recent {
  readonly begun: number;
  lines: number;
  untold: number;
}

/** Writes the lines of one proxy. */
export class ServerLog {
  readonly #logger: Logger;
  readonly #now: () => number;
  readonly #recent = new Map<string, Recent>();

  /** `now` in milliseconds. */
  constructor(logger: Logger, now: () => number = () => performance.now()) {
    this.#logger = logger;
    this.#now = now;
  }

  /** A server has come up or gone down. */
  tell({ service, url, state, cause, error }: ServerState): void {
    const recent = this.#recentOf(`${service} ${url}`);
    if (recent.lines === most) {
      recent.untold += 1;
      return;
    }
    recent.lines += 1;
    this.#logger.warn(`server is ${state}`, {
      service,
      url,
      cause,
      ...(state === 'down' && { error }),
      ...(recent.untold > 0 && { untold: recent.untold }),
      ...(recent.lines === most && { note: 'it changes often; further changes are not logged for a while' }),
    });
    recent.untold = 0;
  }

  #recentOf(server: string): Recent {
    const now = this.#now();
    const known = this.#recent.get(server);
    if (known !== undefined && now - known.begun < window) return known;
    if (known === undefined) this.#forget(now);
    const fresh = { begun: now, lines: 0, untold: known?.untold ?? 0 };
    this.#recent.set(server, fresh);
    return fresh;
  }

  /** Servers that have been quiet take no memory. */
  #forget(now: number): void {
    for (const [server, { begun }] of this.#recent) if (now - begun >= 2 * window) this.#recent.delete(server);
  }
}
