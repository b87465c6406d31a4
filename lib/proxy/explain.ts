/** Explanations of requests: of a configuration that is not served, and of a proxy that runs. */
import type { Engine } from '../engine/engine.js';
import { AppError, ConfigError } from '../errors.js';
import { hasErrors } from '../diagnostics/diagnostic.js';
import { explanationOf } from '../explain/explain.js';
import type { Explanation } from '../explain/explanation.js';
import { type Asked, type Door, type ExplainRequest, questionOf } from '../explain/request.js';
import type { InstallConfiguration } from '../install/schema.js';
import type { Configuration } from '../merge/model.js';
import { type Offline, withEngine } from './offline.js';

/** The entry points, with the ports they really have. */
export function doorsOf(
  { entryPoints }: InstallConfiguration,
  { routers }: Configuration,
  realPorts?: ReadonlyMap<string, { readonly port: number }>,
): readonly Door[] {
  const doors = new Map<string, { plain: boolean; tls: boolean }>();
  for (const name of Object.keys(entryPoints)) doors.set(name, { plain: false, tls: false });
  for (const { status, resolved } of routers.values()) {
    if (status === 'disabled' || resolved === undefined) continue;
    for (const name of resolved.entryPoints) {
      const door = doors.get(name);
      if (door === undefined) continue;
      if (resolved.tls === undefined) door.plain = true;
      else door.tls = true;
    }
  }
  return [...doors].flatMap(([name, kinds]) => {
    const address = entryPoints[name]?.address;
    if (address?.protocol !== 'tcp') return [];
    return [{ name, port: realPorts?.get(name)?.port ?? address.port, ...kinds }];
  });
}

/** What would become of requests under a configuration, in their order. Throws for what is no request. */
export function explainOffline(offline: Offline, requests: readonly ExplainRequest[]): readonly Explanation[] {
  const { install, configuration, bytes } = offline;
  if (hasErrors(install.diagnostics)) throw new ConfigError(install.diagnostics);
  const doors = doorsOf(install.config, configuration);
  const asked = requests.map((request) => questionOf(request, doors));
  const questions = asked.map(({ question }) => question);
  const answers = withEngine((engine) => engine.explain(bytes, questions));
  if (answers === undefined) throw new AppError('ERR_FAIRLEAD_APPLY', 'nothing of the configuration can run');
  return answers.map((answer, index) => explanationOf(asked[index] as Asked, answer, configuration));
}

/** What would become of a request now. */
export async function explainRunning(
  engine: Engine,
  install: InstallConfiguration,
  configuration: Configuration,
  realPorts: ReadonlyMap<string, { readonly port: number }>,
  request: ExplainRequest,
): Promise<Explanation> {
  const asked = questionOf(request, doorsOf(install, configuration, realPorts));
  const answer = await engine.explainCurrent(asked.question);
  if (answer === undefined) throw new AppError('ERR_FAIRLEAD_APPLY', 'no configuration serves yet');
  return explanationOf(asked, answer, configuration);
}
