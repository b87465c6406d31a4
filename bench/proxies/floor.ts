/** The relay of native/relay.c: what kernel TCP costs at least. */
import type { Proxy } from './define.js';

/** The floor as a proxy; `program` is the compiled relay. */
export function floor(program: string): Proxy {
  return {
    name: 'floor',
    features: ['websocket'],
    install: 'apt-get install gcc libssl-dev',
    version: () => 'relay',
    files: () => ({}),
    command: ({ port, originPort, originBytes, floor: kind, reconnects }) => ({
      argv: [
        program,
        String(port),
        String(originPort),
        ...(kind === 'pooled' ? [String(originBytes)] : []),
        ...(kind === 'pooled' && reconnects ? ['close'] : []),
      ],
    }),
  };
}
