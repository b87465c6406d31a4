/** The outcome of route cases in the Test Anything Protocol, version 14 (https://testanything.org). */
import type { Mismatch } from './judge.js';

/** A case that was decided. */
export interface Outcome {
  readonly name: string;
  /** `file:line:column`. */
  readonly place: string;
  readonly mismatches: readonly (Mismatch & { readonly place: string })[];
  /** Why the router that was expected did not get the request, where that is known. */
  readonly because?: string;
}

/** All lines, without a final newline. */
export function tapOf(outcomes: readonly Outcome[]): string {
  const lines = outcomes.flatMap((outcome, index) => [
    `${outcome.mismatches.length === 0 ? 'ok' : 'not ok'} ${index + 1} - ${escaped(outcome.name)}`,
    ...(outcome.mismatches.length === 0 ? [] : details(outcome)),
  ]);
  return ['TAP version 14', `1..${outcomes.length}`, ...lines].join('\n');
}

const escaped = (text: string): string => text.replace(/\\/g, '\\\\').replace(/#/g, '\\#').replace(/\s+/g, ' ');

function details({ place, mismatches, because }: Outcome): readonly string[] {
  return [
    '  ---',
    `  at: ${place}`,
    ...mismatches.flatMap(({ path, place: at, expected, found }) => [
      `  ${path.slice(1).join('.')}:`,
      `    at: ${at}`,
      `    expected: ${JSON.stringify(expected)}`,
      `    found: ${JSON.stringify(found)}`,
    ]),
    ...(because === undefined ? [] : [`  because: ${JSON.stringify(because)}`]),
    '  ...',
  ];
}
