/** `fairlead why`: what became of a request. */
import { hasErrors } from '../diagnostics/diagnostic.js';
import type { Receipt } from '../engine/receipt.js';
import { type InstallPorts, readInstall } from '../install/read.js';
import { reasons } from '../observability/reasons.js';
import type { CommandLine } from './command-line.js';
import { exitCodeFor, tellFindings } from './findings.js';
import { apiUrl, askApi } from './running.js';
import { type ExitCode, exitCodes, type Terminal } from './terminal.js';

/** Runs `fairlead why`; 0 when something is remembered of the request. */
export async function whyCommand(
  { words, flags, json, given }: CommandLine,
  ports: InstallPorts,
  terminal: Terminal,
): Promise<ExitCode> {
  const [id, ...rest] = words;
  if (id === undefined || rest.length > 0) {
    terminal.tell('fairlead: "why" takes the X-Request-Id of an answer\n"fairlead help why" shows how it is written.');
    return exitCodes.usage;
  }
  const install = await readInstall(flags, ports);
  const running = given?.get('--running')?.[0] ?? '';
  if (running === '' && hasErrors(install.diagnostics)) {
    tellFindings(install.diagnostics, terminal);
    return exitCodeFor(install.diagnostics);
  }
  const url = apiUrl(running, install.config);
  if (typeof url !== 'string') {
    terminal.tell(`fairlead: ${url.fault}`);
    return exitCodes.error;
  }
  const receipt = (await askApi(url, `/api/requests/${encodeURIComponent(id)}`)) as Receipt;
  terminal.print(json ? JSON.stringify(receipt, undefined, 2) : renderReceipt(receipt));
  return exitCodes.ok;
}

/** A receipt for people; several lines, without a final newline. */
export function renderReceipt(receipt: Receipt): string {
  const { method, tls, host, target, entryPoint, client, router, service, status, originStatus, reason, fault } =
    receipt;
  const { rateLimit, queue } = receipt;
  const meaning = reasons.find(({ name }) => name === reason)?.help ?? '';
  const answered = status === 0 ? 'none: the connection was cut' : String(status);
  const from = originStatus === 0 ? 'by Fairlead' : `by the server (${originStatus})`;
  return [
    `${method} ${tls ? 'https' : 'http'}://${host}${target}`,
    `  came          ${new Date(receipt.started).toISOString()} to ${entryPoint}, from ${client}`,
    `  connection    request ${receipt.number}${receipt.connectionAge === undefined ? '' : `, ${duration(receipt.connectionAge)} after it was accepted`}; worker ${receipt.worker}`,
    `  router        ${router ?? 'none'}`,
    ...(service === undefined ? [] : [`  service       ${service}`]),
    `  answer        ${answered}${status === 0 ? '' : ` ${from}`}`,
    ...(reason === 'none' ? [] : [`  reason        ${reason}: ${meaning}${fault === '' ? '' : ` (${fault})`}`]),
    ...(rateLimit === undefined ? [] : [`  rate limit    ${rateText(rateLimit)}`]),
    ...(queue === undefined ? [] : [`  queue         ${queueText(queue)}`]),
    `  bytes         ${receipt.bytesReceived} of the body received, ${receipt.bytesSent} sent`,
    '',
    ...timeline(receipt).map(([time, what]) => `  ${duration(time).padStart(10)}  ${what}`),
  ].join('\n');
}

function rateText({ middleware, admitted, average, period, burst, left, delay }: NonNullable<Receipt['rateLimit']>) {
  const limit = `${average} in ${duration(period)}, burst ${burst}`;
  if (!admitted) return `${middleware} (${limit}): refused; it would have passed ${duration(delay)} later`;
  return `${middleware} (${limit}): ${left} left${delay === 0 ? '' : `, held back for ${duration(delay)}`}`;
}

function queueText(queue: NonNullable<Receipt['queue']>): string {
  const { key, weight, keyWaiting, active, concurrency, waiting, maxLength, waited } = queue;
  const whose = `key ${JSON.stringify(key)}${weight === 1 ? '' : ` of weight ${weight}`}`;
  const state = `${active} of ${concurrency} in use, ${waiting} of ${maxLength} waiting (${keyWaiting} of this key)`;
  return `${whose}, waited ${duration(waited / 1000)}; when it came: ${state}`;
}

function timeline(receipt: Receipt): readonly (readonly [number, string])[] {
  const { middlewaresDone, queue, servers, tries, ended } = receipt;
  return [
    [0, 'the head was read'] as const,
    ...at(middlewaresDone, 'middlewares were done'),
    ...at(queue?.begun, 'it waited for its turn'),
    ...at(queue?.ended, 'the wait was over'),
    ...servers.flatMap(({ server, reused, begun, connected, firstByte, ended: over, reason }, index) => [
      ...at(begun, `try ${index + 1}: ${server}${reused ? ', on a connection that was open' : ''}`),
      ...(reused ? [] : at(connected, 'connected')),
      ...at(firstByte, 'the head of its response had come'),
      ...at(over, reason === 'none' ? 'its response was complete' : `failed: ${reason}`),
    ]),
    ...(tries > servers.length ? [[ended ?? 0, `${tries - servers.length} further tries`] as const] : []),
    ...at(ended, 'it was over'),
  ];
}

const at = (time: number | undefined, what: string): readonly (readonly [number, string])[] =>
  time === undefined ? [] : [[time, what]];

/** Microseconds in the unit that reads best. */
function duration(microseconds: number): string {
  if (microseconds < 1000) return `${Math.round(microseconds)} µs`;
  return microseconds < 1_000_000
    ? `${(microseconds / 1000).toFixed(1)} ms`
    : `${(microseconds / 1_000_000).toFixed(2)} s`;
}
