/** Options of a verb, as `--name=value` or `--name value`, taken out of the flags of the configuration. */

/** How often an option may stand and whether it needs a value; a name stands for another option. */
export type OptionTable = Readonly<Record<string, 'value' | 'list' | 'optional' | `--${string}`>>;

/** What was given, by name; the value of an option without one is empty. */
export type Given = ReadonlyMap<string, readonly string[]>;

/** The options of a table, and everything else in its order; or what is wrong with them. */
export function takeOptions(
  args: readonly string[],
  table: OptionTable,
): { readonly given: Given; readonly others: readonly string[] } | { readonly fault: string } {
  const given = new Map<string, readonly string[]>();
  const others: string[] = [];
  for (let at = 0; at < args.length; at++) {
    const arg = args[at] ?? '';
    const equals = arg.startsWith('--') ? arg.indexOf('=') : -1;
    const written = equals < 0 ? arg : arg.slice(0, equals);
    const found = lookUp(written, table);
    if (found === undefined) {
      others.push(arg);
      continue;
    }
    const { name, kind } = found;
    const known = given.get(name) ?? [];
    if (known.length > 0 && kind !== 'list') return { fault: `"${written}" may be written once` };
    let value = equals < 0 ? undefined : arg.slice(equals + 1);
    if (value === undefined && kind !== 'optional') {
      value = args[++at];
      if (value === undefined) return { fault: `"${written}" needs a value` };
    }
    given.set(name, [...known, value ?? '']);
  }
  return { given, others };
}

function lookUp(written: string, table: OptionTable): { readonly name: string; readonly kind: string } | undefined {
  const exact = Object.hasOwn(table, written) ? written : undefined;
  const name =
    exact ?? Object.keys(table).find((known) => known.toLowerCase() === written.toLowerCase() && known.length > 2);
  if (name === undefined) return undefined;
  const kind = table[name] ?? 'value';
  return kind.startsWith('--') ? { name: kind, kind: table[kind] ?? 'value' } : { name, kind };
}
