/** Puts the answer of the data plane into the words of the configuration. Decides nothing by itself. */
import { placeOf } from '../diagnostics/render.js';
import type { NativeAnswer } from '../engine/answer.js';
import { originOf } from '../merge/item.js';
import type { Configuration, Item, RouterItem } from '../merge/model.js';
import { reasons } from '../observability/reasons.js';
import { shownCertificate } from './certificate.js';
import type { Explanation, OwnAnswer, SentRequest } from './explanation.js';
import { nearMisses } from './misses.js';
import type { Asked } from './request.js';
import { cleaned, secretsOf } from './secrets.js';
import { serviceChoices } from './services.js';
import { middlewareEffects } from './steps.js';
import { retryOf, timeoutsOf } from './tries.js';

/** The explanation of one request under a configuration. */
export function explanationOf(asked: Asked, answer: NativeAnswer, configuration: Configuration): Explanation {
  const { question, url, assumption } = asked;
  const { request, layers = [] } = answer;
  const router = layers.at(-1) ?? answer.router;
  const certificate = question.tls ? shownCertificate(answer, question, configuration) : undefined;
  const secrets = (answer.steps ?? []).flatMap(({ middleware }) =>
    secretsOf(configuration.middlewares.get(middleware)),
  );
  const own = ownAnswer(answer, secrets);
  const retry = retryOf(answer, configuration);
  return {
    version: 1,
    request: {
      method: request?.method ?? '',
      url,
      entryPoint: question.entryPoint,
      client: question.client,
      ...(question.tls && { serverName: question.serverName }),
      ...(request !== undefined && { host: request.host, path: request.routingPath }),
      ...(answer.flattened?.host !== undefined && { flattenedHost: answer.flattened.host }),
      ...(answer.flattened?.known === false && { flattenedHostUnknown: true }),
      ...(assumption !== undefined && { assumption }),
    },
    ...(certificate !== undefined && { certificate }),
    ...(router !== undefined && { router: routerOf(router, layers.slice(0, -1), configuration) }),
    middlewares: middlewareEffects(answer, configuration),
    services: serviceChoices(answer),
    ...(answer.server !== undefined && { server: sentRequest(answer.server, secrets) }),
    ...(retry !== undefined && { retry, timeouts: timeoutsOf(answer) }),
    ...(own !== undefined && { answer: own }),
    nearMisses: nearMisses(answer, question, configuration),
  };
}

function routerOf(
  name: string,
  above: readonly string[],
  { routers }: Configuration,
): NonNullable<Explanation['router']> {
  const item = routers.get(name);
  return {
    name,
    ...(above.length > 0 && { above }),
    rule: item?.config?.rule ?? '',
    priority: priorityOf(item),
    entryPoints: item?.resolved?.entryPoints ?? [],
    service: item?.resolved?.service ?? '',
    ...placed(item),
  };
}

/** The effective priority. */
export const priorityOf = (item: RouterItem | undefined): string =>
  String(item?.resolved?.priority ?? item?.config?.priority ?? 0n);

/** The place of an object, where it has one. */
export function placed(item: Item<unknown> | undefined): { readonly place?: string } {
  const place = item === undefined ? '' : placeOf(originOf(item));
  return place === '' ? {} : { place };
}

function sentRequest(server: NonNullable<NativeAnswer['server']>, secrets: readonly string[]): SentRequest {
  const { url, method, path, query, host, headers } = server;
  const fields = headers.map((field) => cleaned(field, secrets)).filter(([name]) => name.toLowerCase() !== 'host');
  return {
    url: cleaned(['', url], [])[1],
    method,
    path: query === '' ? path : `${path}?${query}`,
    host,
    headers: fields,
  };
}

/** What the proxy answers by itself. */
function ownAnswer(answer: NativeAnswer, secrets: readonly string[]): OwnAnswer | undefined {
  const { refused, reply, server, services = [] } = answer;
  if (refused !== undefined) {
    const { reason, status, fault } = refused;
    return { status, reason, detail: fault === undefined ? meaningOf(reason) : `${meaningOf(reason)} (${fault})` };
  }
  if (reply !== undefined) {
    const { status, reason, headers } = reply;
    return { status, reason, detail: meaningOf(reason), headers: headers.map((field) => cleaned(field, secrets)) };
  }
  if (answer.lost === true) return { status: 404, reason: 'no_route', detail: 'no child of the router takes it' };
  const last = services.at(-1);
  if (server !== undefined || last === undefined) return undefined;
  if (last.candidates === undefined) return { status: 0, reason: 'none', detail: 'Fairlead itself answers' };
  const definition = reasons.find(({ name }) => name === 'no_server');
  return { status: definition?.status ?? 503, reason: 'no_server', detail: meaningOf('no_server') };
}

const meaningOf = (reason: string): string => reasons.find(({ name }) => name === reason)?.help ?? reason;
