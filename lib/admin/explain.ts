/** `GET /api/explain?url=…`: what would become of a request. */
import { AppError, reasonOf } from '../errors.js';
import type { ExplainRequest } from '../explain/request.js';
import { type Answer, failure, json } from './answer.js';
import type { AdminState } from './state.js';

const parameters = ['url', 'method', 'header', 'entryPoint', 'sni', 'client', 'nearMisses'];

/** Answers for the query of the request. */
export async function explainAnswer(query: URLSearchParams, { explain }: AdminState): Promise<Answer> {
  if (explain === undefined) return failure(404, 'not found');
  const unknown = [...query.keys()].find((key) => !parameters.includes(key));
  if (unknown !== undefined) return failure(400, `unknown parameter "${unknown}"; there are ${parameters.join(', ')}`);
  const url = query.get('url');
  if (url === null) return failure(400, 'parameter "url" is missing');
  const headers = query.getAll('header').map(headerOf);
  const wrong = headers.findIndex((header) => header === undefined);
  if (wrong >= 0)
    return failure(400, `header "${query.getAll('header')[wrong] ?? ''}" is not written as "Name: value"`);
  try {
    return json(await explain({ ...optionsOf(query), url, headers: headers.filter((header) => header !== undefined) }));
  } catch (thrown) {
    const isWrong = thrown instanceof AppError && thrown.code === 'ERR_FAIRLEAD_REQUEST';
    return failure(isWrong ? 400 : 500, reasonOf(thrown));
  }
}

function optionsOf(query: URLSearchParams): Omit<ExplainRequest, 'url' | 'headers'> {
  const [method, entryPoint, serverName, client] = ['method', 'entryPoint', 'sni', 'client'].map((key) =>
    query.get(key),
  );
  const nearMisses = query.get('nearMisses');
  return {
    ...(method != null && { method }),
    ...(entryPoint != null && { entryPoint }),
    ...(serverName != null && { serverName }),
    ...(client != null && { client }),
    ...(nearMisses !== null && { nearMisses: Number(nearMisses) }),
  };
}

/** `Name: value`, taken apart. */
export function headerOf(text: string): readonly [string, string] | undefined {
  const colon = text.indexOf(':');
  return colon < 1 ? undefined : [text.slice(0, colon).trim(), text.slice(colon + 1).trim()];
}
