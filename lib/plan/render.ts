/** A plan for people. */
import type { Json } from '../admin/redact.js';
import type { KeyChange, KindChanges, OwnerChange, Plan } from './plan.js';

/** Values longer than this are cut. */
const mostCharacters = 100;
/** Lines of one section. */
const mostLines = 200;

/** Several lines, without a final newline. */
export function renderPlan(plan: Plan): string {
  const { objects, owners, drains, restart, notCompared } = plan;
  const sections = [
    ...Object.entries(objects).map(([kind, changes]) => section(kind, kindLines(changes))),
    section(`requests that change owner (of ${owners.tried} examples)`, owners.changes.flatMap(ownerLines)),
    section(
      'shadowed',
      owners.shadowed.map(
        ({ router, by }) => `${router} gets none of its example requests any more: ${by.join(', ')} takes them`,
      ),
    ),
    section(
      'drains',
      drains.map(({ service, url }) => `${url} of ${service}`),
    ),
    section('needs a restart', restart.flatMap(keyLine)),
    section('not compared', notCompared.length === 0 ? [] : [`${notCompared.join(', ')}: the API does not show them`]),
  ];
  const text = sections.filter((lines) => lines.length > 0).map((lines) => lines.join('\n'));
  return plan.isEmpty ? ['Nothing changes.', ...text].join('\n\n') : text.join('\n\n');
}

function section(title: string, lines: readonly string[]): readonly string[] {
  if (lines.length === 0) return [];
  const shown = lines.slice(0, mostLines).map((line) => `  ${line}`);
  return [title, ...shown, ...(lines.length > mostLines ? [`  … and ${lines.length - mostLines} more lines`] : [])];
}

const kindLines = ({ added, removed, changed }: KindChanges): readonly string[] => [
  ...added.map((name) => `+ ${name}`),
  ...removed.map((name) => `- ${name}`),
  ...changed.flatMap(({ name, keys }) => [
    `~ ${name}`,
    ...(keys.length === 0 ? ['    a secret value'] : keys.flatMap(keyLine).map((line) => `    ${line}`)),
  ]),
];

const keyLine = ({ key, before, after }: KeyChange): readonly string[] => [
  `${key}: ${shown(before)} → ${shown(after)}`,
];

function shown(value: Json | undefined): string {
  if (value === undefined) return 'nothing';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > mostCharacters ? `${text.slice(0, mostCharacters)}…` : text;
}

function ownerLines({ from, to, count, examples }: OwnerChange): readonly string[] {
  const more = count - examples.length;
  return [
    `${from ?? 'nobody'} → ${to ?? 'nobody (404)'}`,
    ...examples.map(({ method, url, entryPoint }) => `    ${method} ${url} (${entryPoint})`),
    ...(more > 0 ? [`    … and ${more} more`] : []),
  ];
}
