/** Reads the command line of the soak. */
import { join } from 'node:path';
import { parseArgs } from 'node:util';

/** What the user asked for. */
export interface SoakRequest {
  readonly minutes: number;
  /** Samples before this are shown, but give no slope: caches, pools and V8's heap still fill. */
  readonly warmupMinutes: number;
  /** Where samples, events, summary and plots go. */
  readonly directory: string;
  /** Multiplies all rates of traffic. */
  readonly load: number;
  /** Take heap snapshots of V8 after the warm-up and at the end. */
  readonly heapSnapshots: boolean;
}

/** Shown for --help and for anything that is not understood. */
export const SOAK_USAGE = `usage: npm run soak -- [options]

  --minutes=N         how long (60)
  --warmup=N          minutes that give no slope (a quarter of it, at most 15)
  --directory=PATH    where everything is written (out/soak/DATE)
  --load=F            multiplies the rates of traffic (1, about a tenth of a core in all)
  --heap-snapshots    heap snapshots of V8 after the warm-up and at the end
`;

const LONGEST_WARMUP = 15;

/** The request in `argv`, or the sentence that says what is wrong with it. `root` is the folder of the project. */
export function readSoakArguments(argv: readonly string[], root: string, now: Date): SoakRequest | string {
  let values;
  try {
    ({ values } = parseArgs({
      args: [...argv],
      options: {
        minutes: { type: 'string', default: '60' },
        warmup: { type: 'string' },
        directory: { type: 'string' },
        load: { type: 'string', default: '1' },
        'heap-snapshots': { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    }));
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  if (values.help) return '';
  const minutes = Number(values.minutes);
  const warmupMinutes = values.warmup === undefined ? Math.min(LONGEST_WARMUP, minutes / 4) : Number(values.warmup);
  const load = Number(values.load);
  if (!(minutes > 0 && load > 0 && warmupMinutes >= 0)) return '--minutes, --warmup and --load take positive numbers';
  if (warmupMinutes >= minutes) return '--warmup must be shorter than --minutes';
  const stamp = now.toISOString().slice(0, 16).replaceAll(':', '');
  const directory = values.directory ?? join(root, 'out', 'soak', stamp);
  return { minutes, warmupMinutes, directory, load, heapSnapshots: values['heap-snapshots'] };
}
