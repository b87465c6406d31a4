/** An explanation for people. */
import type {
  ExplainedLimit,
  ExplainedTimeout,
  Explanation,
  MiddlewareEffect,
  NearMiss,
  ServiceChoice,
  StickyChoice,
} from './explanation.js';

const indent = '  ';
const column = 14;

/** Several lines, without a final newline. */
export function renderExplanation(explanation: Explanation): string {
  const {
    request,
    certificate,
    router,
    middlewares,
    services,
    server,
    retry,
    timeouts = [],
    answer,
    nearMisses,
  } = explanation;
  return [
    `${request.method} ${request.url}`.trim(),
    ...row('entry point', request.entryPoint, request.assumption),
    ...row('client', request.client, undefined),
    ...(request.flattenedHost === undefined ? [] : row('alias of', request.flattenedHost, 'by its CNAME records')),
    ...(request.flattenedHostUnknown === true
      ? row('alias of', 'unknown', 'its CNAME records were not asked for, it is routed by its host alone')
      : []),
    ...(certificate === undefined
      ? []
      : row('certificate', certificate.names?.join(', ') || 'none', certificate.because, certificate.place)),
    ...(router === undefined
      ? row('router', 'none', undefined)
      : [...row('router', router.name, `priority ${router.priority}`, router.place), ...more(router.rule)]),
    ...(router?.above === undefined ? [] : row('below', router.above.join(', '), undefined)),
    ...listed('middlewares', middlewares.map(middleware)),
    ...services.flatMap((service) => [
      ...row('service', service.name, inBrackets(service)),
      ...(service.limit === undefined ? [] : row('limit', limitText(service.limit), undefined)),
      ...(service.cookie === undefined ? [] : row('cookie', ...cookieText(service.cookie))),
    ]),
    ...(server === undefined ? [] : row('server', server.url, services.at(-1)?.because)),
    ...(server === undefined ? [] : row('is sent', `${server.method} ${server.path}, Host: ${server.host}`, undefined)),
    ...(retry === undefined ? [] : row('tries', retry.effect, retry.middleware)),
    ...(timeouts.length === 0 ? [] : row('timeouts', timeouts.map(timeout).join(', '), undefined)),
    ...(answer === undefined
      ? []
      : row('answer', answer.status === 0 ? 'its own' : String(answer.status), `${answer.detail} (${answer.reason})`)),
    ...(nearMisses.length === 0
      ? []
      : ['', router === undefined ? 'Came close:' : 'Came close, too:', ...nearMisses.flatMap(miss)]),
  ].join('\n');
}

function row(label: string, value: string, remark: string | undefined, place?: string): readonly string[] {
  const notes = remark === undefined ? '' : ` (${remark})`;
  return [`${indent}${label.padEnd(column)}${value}${notes}${place === undefined ? '' : `  ${place}`}`];
}

const more = (text: string): readonly string[] =>
  text.split('\n').map((line) => `${indent}${''.padEnd(column)}${line}`.trimEnd());

const listed = (label: string, lines: readonly string[]): readonly string[] =>
  lines.map((line, index) => `${indent}${(index === 0 ? label : '').padEnd(column)}${line}`);

const middleware = ({ name, type, service, effect }: MiddlewareEffect): string =>
  `${name}${type === '' ? '' : ` (${type}${service === undefined ? '' : ` of ${service}`})`}: ${effect}`;

const inBrackets = ({ type, candidates, chosen, because }: ServiceChoice): string =>
  candidates === undefined
    ? `${type}: ${because}`
    : `${type} of ${candidates}${type !== 'loadBalancer' && chosen !== undefined ? `: ${chosen}, ${because}` : ''}`;

function limitText({ concurrency, discipline, key, value, weight, cost, maxLength, maxWait }: ExplainedLimit): string {
  const queue = `${maxLength} may wait${maxWait === '0s' ? '' : ` for ${maxWait}`} (${discipline})`;
  return `${concurrency} at once; ${queue}; key ${key} ${JSON.stringify(value)}, weight ${weight}, cost ${cost}`;
}

const cookieText = ({ name, kept, set }: StickyChoice): readonly [string, string] =>
  set === undefined
    ? [name, 'the client has it already']
    : [set, kept ? 'the one it has is of a former form' : 'is set'];

const timeout = ({ name, time, by }: ExplainedTimeout): string => `${name} ${time} (${by})`;

const miss = ({ router, parent, rule, priority, because, place }: NearMiss): readonly string[] => [
  `${indent}${router} (priority ${priority}${parent === undefined ? '' : `, below ${parent}`})${place === undefined ? '' : `  ${place}`}`,
  ...rule.split('\n').map((line) => `${indent}${indent}${line}`.trimEnd()),
  `${indent}${indent}${because}`,
];
