// Instructions of a program in user mode, counted under cachegrind: the same figure on a busy machine as on an idle one.
import { output, Stop } from './run.mjs';

/** Instructions of a whole run of `program`, kernel excluded. Throws `Stop` when it does not run. */
export function instructionsOf(program, args) {
  const options = ['--tool=cachegrind', '--cache-sim=no', '--cachegrind-out-file=/dev/null', '--log-fd=1'];
  const text = output('valgrind', [...options, program, ...args.map(String)]);
  const total = /I\s+refs:\s+([\d,]+)/.exec(text ?? '');
  if (total === null) throw new Stop(`${program} ${args.join(' ')} did not run under valgrind:\n${text ?? ''}`);
  return Number(total[1].replaceAll(',', ''));
}

/**
 * Instructions of one more unit of work: the difference between two runs, so that start-up and the first requests cancel
 * out. `argsOf` gives the arguments for an amount of work.
 */
export function instructionsPerUnit(program, argsOf, few, many) {
  const [less, more] = [few, many].map((amount) => instructionsOf(program, argsOf(amount)));
  return Math.round((more - less) / (many - few));
}
