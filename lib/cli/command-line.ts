/** Takes the command line apart: the verb, the options of every verb, and the flags of the configuration. */
import { nearestName } from '../diagnostics/suggest.js';
import { type Given, type OptionTable, takeOptions } from './options.js';

/** The commands, in the order of the help text. */
export const verbs = ['run', 'check', 'explain', 'plan', 'test', 'why', 'version', 'help', 'healthcheck'] as const;
/** The name of a command. */
export type Verb = (typeof verbs)[number];

/** The arguments, taken apart: the command, and what is left for it. */
export interface CommandLine {
  readonly verb: Verb;
  /** Words after the verb, for the verbs that take any. */
  readonly words: readonly string[];
  /** Flags of the configuration, in the order they were written. */
  readonly flags: readonly string[];
  /** Whether data is wanted instead of text. */
  readonly json: boolean;
  /** Options of the verb itself, by name. */
  readonly given?: Given;
}

/** What verbs take beside flags of the configuration. */
const ownOptions: Readonly<Partial<Record<Verb, OptionTable>>> = {
  explain: {
    '--header': 'list',
    '-H': '--header',
    '--entryPoint': 'value',
    '--sni': 'value',
    '--client': 'value',
    '--running': 'optional',
  },
  plan: { '--against': 'value', '--running': 'optional' },
  test: {},
  why: { '--running': 'optional' },
};

/** The command line, or why it cannot be understood. */
export function parseCommandLine(args: readonly string[]): CommandLine | { readonly fault: string } {
  const [first] = args;
  const named = first !== undefined && !first.startsWith('-');
  const verb = named ? verbs.find((known) => known === first) : 'run';
  if (verb === undefined) return { fault: unknownVerb(first ?? '') };
  const rest = args.slice(named ? 1 : 0);
  if (rest.some((arg) => arg === '--help' || arg === '-h'))
    return { verb: 'help', words: named ? [verb] : [], flags: [], json: false };
  if (!named && rest.includes('--version'))
    return { verb: 'version', words: [], flags: [], json: rest.includes('--json') };
  const json = rest.includes('--json');
  const others = rest.filter((arg) => arg !== '--json');
  if (verb === 'help' || verb === 'version') return plain(verb, others, json);
  const table = ownOptions[verb];
  if (table !== undefined) return withOptions(verb, others, table, json);
  return { verb, words: [], flags: others, json };
}

function plain(
  verb: 'help' | 'version',
  rest: readonly string[],
  json: boolean,
): CommandLine | { readonly fault: string } {
  const flag = rest.find((arg) => arg.startsWith('-'));
  if (flag !== undefined) return { fault: `"${verb}" has no flag "${flag}"` };
  if (rest.length > (verb === 'help' ? 1 : 0))
    return { fault: `"${verb}" takes ${verb === 'help' ? 'one word' : 'no words'}` };
  return { verb, words: rest, flags: [], json };
}

/** Words come first, then options of the verb and flags of the configuration in any order. */
function withOptions(
  verb: Verb,
  rest: readonly string[],
  table: OptionTable,
  json: boolean,
): CommandLine | { readonly fault: string } {
  const taken = takeOptions(rest, table);
  if ('fault' in taken) return taken;
  const { given, others } = taken;
  const end = others.findIndex((arg) => arg.startsWith('-'));
  const words = end < 0 ? others : others.slice(0, end);
  return { verb, words, flags: others.slice(words.length), json, given };
}

function unknownVerb(word: string): string {
  const nearest = nearestName(word, verbs);
  return `unknown command "${word}"${nearest === undefined ? '' : `, did you mean "${nearest}"?`}`;
}
