import { routesOf } from '../routes.js';
import { stopMaster } from './block.js';
import type { Proxy, Setting } from './define.js';
import { versionOf } from './version.js';

function frontend({ port, certificate, routes, generation, directory }: Setting): string {
  const secure = certificate === undefined ? '' : ` ssl crt ${certificate.both} ssl-min-ver TLSv1.3`;
  const lines = [`  bind 127.0.0.1:${port} backlog 4096${secure}`];
  if (generation !== undefined) lines.push(`  http-response set-header X-Generation ${generation}`);
  // "base" is host and path; the prefix tree of map_beg finds the longest match.
  if (routes !== undefined) lines.push(`  use_backend %[base,map_beg(${directory}/routes.map)]`);
  if (routes === undefined) lines.push('  default_backend origin');
  return lines.join('\n');
}

function configuration(setting: Setting, splices: boolean): string {
  return `global
  nbthread ${setting.workers}
  maxconn ${splices ? 2000 : 9500}
  stats socket ${setting.directory}/admin.sock mode 600 level admin expose-fd listeners
  tune.ssl.default-dh-param 2048
  ${splices ? 'tune.pipesize 1048576' : ''}
  ${setting.bulk && !splices ? 'tune.bufsize 65536' : ''}
defaults
  mode http
  timeout connect 5s
  timeout client 600s
  timeout server 600s
  timeout tunnel 600s
  timeout http-keep-alive 600s
  option http-keep-alive
  http-reuse always
  ${splices ? 'option splice-response\n  option splice-request' : ''}
frontend web
${frontend(setting)}
backend origin
  server origin 127.0.0.1:${setting.originPort} pool-max-conn 512
`;
}

function files(setting: Setting, splices: boolean): Readonly<Record<string, string>> {
  const { routes } = setting;
  const map = routes === undefined ? [] : routesOf(routes).map(({ host, prefix }) => `${host}${prefix} origin\n`);
  return { 'haproxy.cfg': configuration(setting, splices), 'routes.map': map.join('') };
}

export const haproxy: Proxy = {
  name: 'haproxy',
  features: ['tls', 'routes', 'reload', 'websocket', 'workers', 'block'],
  install: 'apt-get install haproxy',
  version: () => versionOf(['haproxy', '-v']),
  files: (setting) => files(setting, false),
  // The master process exists for reloads; elsewhere it would only add its memory.
  command: ({ generation, blocks }) => ({
    argv: ['haproxy', ...(generation === undefined && !blocks ? [] : ['-W']), '-db', '-f', 'haproxy.cfg'],
  }),
  reload: (pid) => process.kill(pid, 'SIGUSR2'),
  block: stopMaster,
};

export const haproxySplice: Proxy = {
  ...haproxy,
  name: 'haproxy-splice',
  features: [],
  only: ['bandwidth'],
  files: (setting) => files(setting, true),
};
