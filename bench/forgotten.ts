/** What earlier rounds leave to the kernel. */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** Closed connections that the kernel may still hold: they cost nothing to speak of. */
const FEW = 2_000;
/** It forgets one a minute after its end. */
const PATIENCE_MS = 75_000;

/** Closed connections that the kernel holds for stray packets (TIME_WAIT). */
function held(): number {
  return Number(/^TCP:.* tw (\d+)/m.exec(readFileSync('/proc/net/sockstat', 'latin1'))?.[1] ?? 0);
}

/**
 * Waits until the kernel has forgotten the connections of earlier rounds. It does so in bursts: 20,000 that were closed in the
 * same second hold up a core for some ten milliseconds a minute later, which is the 99th percentile of whoever is measured then.
 */
export async function untilForgotten(say: (text: string) => void): Promise<void> {
  if (held() <= FEW) return;
  say(`waiting for ${held()} closed connections to be forgotten`);
  const deadline = performance.now() + PATIENCE_MS;
  while (held() > FEW && performance.now() < deadline) await sleep(500);
}
