/** Where the dynamic configuration comes from: the providers that the install configuration switches on. */
import type { InstallConfiguration } from '../install/schema.js';
import type { Delivery, Ports, ProviderDefinition } from '../providers/define.js';
import { providers as registry } from '../providers/index.js';
import { supervise } from '../providers/supervise.js';

/** One provider with its settings. */
export interface Source {
  readonly name: string;
  /** Deliveries that differ from the one before, no faster than the throttle allows, until the signal aborts. Never throws. */
  readonly deliveries: (ports: Ports, signal: AbortSignal) => AsyncIterable<Delivery>;
  /** What it says now, once; undefined when it says nothing. */
  readonly once: (ports: Ports, signal: AbortSignal) => Promise<Delivery | undefined>;
}

/** The providers that are switched on, in the order of the registry. */
export function sourcesOf({ providers }: InstallConfiguration): readonly Source[] {
  const throttle = Number(providers.providersThrottleDuration / 1_000_000n);
  return registry.flatMap((definition) => {
    const config = providers[definition.name as 'file'];
    return config === undefined ? [] : [sourceOf(definition, config, throttle)];
  });
}

function sourceOf<C>(definition: ProviderDefinition<C>, config: C, throttle: number): Source {
  const { name } = definition;
  return {
    name,
    deliveries: (ports, signal) =>
      supervise(name, (inner) => definition.deliveries(config, ports, inner), { throttle, ports, signal }),
    once: async (ports, signal) => {
      for await (const delivery of definition.deliveries(config, ports, signal)) return delivery;
      return undefined;
    },
  };
}
