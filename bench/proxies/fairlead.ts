/** Fairlead itself, configured as a user would. */
import { join } from 'node:path';
import { routesOf } from '../routes.js';
import { blockNode, hookArguments, scriptBytes } from './block.js';
import type { Proxy, Setting } from './define.js';
import { versionOf } from './version.js';

// Another checkout or an installed package can be measured instead of this working tree.
const ROOT = process.env['FAIRLEAD_BENCH_ROOT'] ?? join(import.meta.dirname, '..', '..');
const PROGRAM = join(ROOT, 'bin', 'fairlead.js');

function staticFile({ port, certificate, workers }: Setting, more = ''): string {
  return `entryPoints:
  web:
    address: 127.0.0.1:${port}
${certificate === undefined ? '' : '    http:\n      tls: {}\n'}    transport:
      respondingTimeouts:
        readTimeout: 0s
        idleTimeout: 600s
providers:
  providersThrottleDuration: 100ms
  file:
    filename: dynamic.yml
    watch: true
log:
  level: ERROR
fairlead:
  workers: ${workers}
${more}`;
}

function routers({ routes, generation }: Setting): string {
  const middlewares = generation === undefined ? '' : ', middlewares: [generation]';
  if (routes === undefined) return `    all: { rule: "PathPrefix(\`/\`)", service: origin${middlewares} }\n`;
  return routesOf(routes)
    .map(({ host, prefix }, index) => {
      const rule = `Host(\`${host}\`) && PathPrefix(\`${prefix}\`)`;
      return `    r${index}:\n      rule: ${rule}\n      service: origin\n`;
    })
    .join('');
}

function dynamicFile(setting: Setting): string {
  const { originPort, certificate, generation } = setting;
  const header = `  middlewares:
    generation: { headers: { customResponseHeaders: { X-Generation: "${generation}" } } }
`;
  const tls = `tls:
  certificates:
    - { certFile: ${certificate?.certificate}, keyFile: ${certificate?.key} }
`;
  return `http:
  routers:
${routers(setting)}${generation === undefined ? '' : header}  services:
    origin: { loadBalancer: { servers: [ { url: "http://127.0.0.1:${originPort}" } ] } }
${certificate === undefined ? '' : tls}`;
}

export const fairlead: Proxy = {
  name: 'fairlead',
  features: ['tls', 'routes', 'reload', 'websocket', 'workers', 'crowds', 'block', 'compute'],
  install: 'npm run build',
  version: () => versionOf([process.execPath, PROGRAM, 'version'], ROOT),
  files: (setting) => ({ 'static.yml': staticFile(setting), 'dynamic.yml': dynamicFile(setting) }),
  command: (setting) => ({
    argv: [process.execPath, ...hookArguments(setting), PROGRAM, '--configFile=static.yml'],
  }),
  block: blockNode,
  scriptBytes,
};

/** With one setting of its own; named after it. */
function variant(name: string, line: string, only: NonNullable<Proxy['only']>): Proxy {
  return {
    ...fairlead,
    name: `fairlead-${name}`,
    only,
    files: (setting) => ({ 'static.yml': staticFile(setting, `  ${line}\n`), 'dynamic.yml': dynamicFile(setting) }),
  };
}

/** Bodies are copied, never spliced. */
export const fairleadCopy = variant('copy', 'splice: off', ['bandwidth']);

/** Workers ask for events before they sleep. */
export const fairleadPoll = variant('poll', 'polling: 100', ['latency']);
export const fairleadAdaptive = variant('adaptive', 'polling: adaptive', ['latency']);
