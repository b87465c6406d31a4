/** What is done once for every provider: throttling, comparison, restarts, the last good delivery. */
import { diagnose } from '../diagnostics/diagnostic.js';
import { reasonOf } from '../errors.js';
import { isMapping } from '../source/path.js';
import type { Delivery, Ports } from './define.js';
import { Wakeup } from './wakeup.js';

/** What supervising needs to know of its provider's surroundings. */
export interface SuperviseOptions {
  /** Least time between two deliveries, milliseconds; the first passes at once, of those within it the last one wins. */
  readonly throttle: number;
  readonly ports: Pick<Ports, 'sleep'>;
  readonly signal: AbortSignal;
}

/** Pauses before a provider is started again: doubled each time up to the greatest, until it delivers. Milliseconds. */
const firstPause = 500;
const longestPause = 30_000;

/**
 * The deliveries of a provider that differ from the one before. `start` is called again when the provider throws; the
 * sequence ends when the provider ends by itself or the signal aborts, and never throws.
 */
export async function* supervise(
  name: string,
  start: (signal: AbortSignal) => AsyncIterable<Delivery>,
  options: SuperviseOptions,
): AsyncIterable<Delivery> {
  const { throttle, ports, signal } = options;
  const inbox = new Inbox();
  const pumping = pump(name, start, inbox, options);
  let last: Delivery | undefined;
  while (await inbox.filled.wait(signal)) {
    const delivery = accepted(inbox.take(), last);
    if (delivery !== undefined && delivery.fingerprint !== last?.fingerprint) {
      last = delivery;
      yield delivery;
      if (throttle > 0) await ports.sleep(throttle, signal);
    }
    if (inbox.ended && inbox.isEmpty) break;
  }
  await pumping;
}

/** Holds the newest delivery until it is asked for. */
class Inbox {
  readonly filled = new Wakeup();
  ended = false;
  #newest: Delivery | undefined;

  get isEmpty(): boolean {
    return this.#newest === undefined;
  }

  put(delivery: Delivery): void {
    this.#newest = delivery;
    this.filled.wake();
  }

  take(): Delivery | undefined {
    const newest = this.#newest;
    this.#newest = undefined;
    return newest;
  }

  end(): void {
    this.ended = true;
    this.filled.wake();
  }
}

async function pump(
  name: string,
  start: (signal: AbortSignal) => AsyncIterable<Delivery>,
  inbox: Inbox,
  { ports, signal }: SuperviseOptions,
): Promise<void> {
  let last: Delivery | undefined;
  let pause = firstPause;
  while (!signal.aborted) {
    try {
      for await (const delivery of start(signal)) {
        last = delivery;
        pause = firstPause;
        inbox.put(delivery);
      }
      break;
    } catch (thrown) {
      inbox.put(failed(name, thrown, last, pause));
      await ports.sleep(pause, signal);
      pause = Math.min(pause * 2, longestPause);
    }
  }
  inbox.end();
}

/** The last good documents, with the failure beside them. */
function failed(name: string, thrown: unknown, last: Delivery | undefined, pause: number): Delivery {
  const message = `provider "${name}" failed: ${reasonOf(thrown)}`;
  const effect = `${last === undefined ? 'nothing of it is served' : 'what it delivered last stays in use'}; it is started again`;
  const finding = diagnose('FL7002', {
    message,
    path: `providers.${name}`,
    origin: { kind: 'object', owner: name },
    effect,
  });
  const findings = [...(last?.findings ?? []).filter(({ code }) => code !== 'FL7002'), finding];
  return {
    documents: last?.documents ?? [],
    findings,
    fingerprint: `failed ${pause} ${last?.fingerprint ?? ''} ${message}`,
  };
}

/** The delivery, or the documents before with a remark when it says nothing at all: that is taken for an accident. */
function accepted(delivery: Delivery | undefined, last: Delivery | undefined): Delivery | undefined {
  if (delivery === undefined || last === undefined || !isEmpty(delivery) || isEmpty(last)) return delivery;
  const effect = 'what was delivered before stays in use';
  const origin = { kind: 'object', owner: 'provider' } as const;
  const finding = diagnose('FL7003', {
    message: 'the provider delivered an empty configuration',
    path: '',
    origin,
    effect,
  });
  const findings = [...delivery.findings, finding];
  return { documents: last.documents, findings, fingerprint: `empty ${delivery.fingerprint} ${last.fingerprint}` };
}

const dynamicSections = new Set(['http', 'tcp', 'udp', 'tls']);

/** Whether no document has a section of the dynamic configuration. */
function isEmpty({ documents }: Delivery): boolean {
  return documents.every(({ document }) => !hasSection(document.value));
}

const hasSection = (value: unknown): boolean =>
  isMapping(value) && Object.keys(value).some((key) => dynamicSections.has(key.toLowerCase()) && value[key] !== null);
