/** The line for people that `log.format: common` writes. */
import { styleText } from 'node:util';

const names: Readonly<Record<string, string>> = {
  fatal: 'FTL',
  error: 'ERR',
  warn: 'WRN',
  info: 'INF',
  debug: 'DBG',
  trace: 'TRC',
};

const colors: Readonly<Record<string, 'red' | 'yellow' | 'green' | 'gray'>> = {
  FTL: 'red',
  ERR: 'red',
  WRN: 'yellow',
  INF: 'green',
  DBG: 'gray',
  TRC: 'gray',
};

interface Line {
  readonly time: string;
  readonly level: string;
  readonly msg?: string;
  readonly [field: string]: unknown;
}

/** Turns a JSON line of the logger into `2026-01-31T12:00:00.000Z INF message name=value`; ends with a newline. */
export function logLine(json: string, color: boolean): string {
  const { time, level, msg, ...fields } = JSON.parse(json) as Line;
  const name = names[level] ?? '???';
  const style = colors[name] ?? 'gray';
  const label = color ? styleText(style, name, { validateStream: false }) : name;
  const facts = Object.entries(fields).map(([key, value]) => ` ${key}=${factText(value)}`);
  return `${time} ${label} ${oneLine(msg ?? '')}${facts.join('')}\n`;
}

function factText(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return /^[^\s"=]+$/.test(text) ? text : JSON.stringify(text);
}

/** A message from elsewhere cannot fake a line of its own. */
function oneLine(text: string): string {
  return text.replaceAll('\r', '\\r').replaceAll('\n', '\\n');
}
