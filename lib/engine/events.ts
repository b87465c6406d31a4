/** Events of the data plane. It writes one JSON object per line; what this version does not know is passed over. */
import { z } from 'zod';

const count = z.int().min(0);

/** The state of a server; `since` in milliseconds since 1970, `error` what was wrong last. */
const serverEvent = z.object({
  type: z.literal('server'),
  service: z.string(),
  url: z.string(),
  state: z.enum(['up', 'down']),
  cause: z.enum(['new', 'probe', 'requests', 'time']),
  since: count,
  error: z.string(),
});

/** What the data plane tells its host. */
export const engineEvent = z.discriminatedUnion('type', [
  /** Every worker has taken this generation. */
  z.object({ type: z.literal('applied'), generation: count }),
  /** The generation was refused as a whole; the one before stays. */
  z.object({ type: z.literal('applyFailed'), generation: count, code: z.string(), message: z.string() }),
  /**
   * A listener was opened; `address` is empty for all addresses, `port` the real one where 0 was asked for. Precedes the
   * `applied` of its generation.
   */
  z.object({ type: z.literal('listening'), entryPoint: z.string(), address: z.string(), port: count }),
  /** An object of the generation cannot run as configured; the rest does. */
  z.object({ type: z.literal('fault'), generation: count, message: z.string() }),
  /** The answer to `explainCurrent`; null before anything serves. */
  z.object({ type: z.literal('explained'), number: count, answer: z.unknown() }),
  /** The answer to `receipt`; null when nothing is remembered. */
  z.object({ type: z.literal('receipt'), number: count, answer: z.unknown() }),
  /** Draining has ended; `cut` connections had work in progress. */
  z.object({ type: z.literal('drained'), cut: count }),
  /** Events were dropped because nobody read them. */
  z.object({ type: z.literal('eventsLost'), count }),
  /** A server that is watched has come up or gone down. */
  serverEvent,
  /** For the log. */
  z.object({ type: z.literal('log'), level: z.enum(['debug', 'info', 'warn', 'error']), message: z.string() }),
]);
export type EngineEvent = z.output<typeof engineEvent>;
/** The state of one server. */
export type ServerState = Omit<z.output<typeof serverEvent>, 'type'>;

/** Reads the lines of `readEvents`. A line that is none of our events is left out. */
export function parseEvents(lines: string): readonly EngineEvent[] {
  return lines.split('\n').flatMap((line) => {
    if (line === '') return [];
    const parsed = engineEvent.safeParse(json(line));
    return parsed.success ? [parsed.data] : [];
  });
}

function json(line: string): unknown {
  try {
    return JSON.parse(line) as unknown;
  } catch {
    return undefined;
  }
}
