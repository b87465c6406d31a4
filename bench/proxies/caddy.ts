import { spawn } from 'node:child_process';
import { hostNames, hostPrefixes } from '../routes.js';
import type { Proxy, Setting } from './define.js';
import { versionOf } from './version.js';

function site({ originPort, routes, generation }: Setting): string {
  const upstream = `127.0.0.1:${originPort}`;
  const header = generation === undefined ? '' : `  header X-Generation ${generation}\n`;
  if (routes === undefined)
    return `${header}  reverse_proxy ${upstream} { \n    transport http {\n      compression off\n      keepalive 600s\n      keepalive_idle_conns_per_host 512\n    }\n  }\n`;
  return hostPrefixes(routes.paths)
    .map((prefix) => `  handle ${prefix}* {\n    reverse_proxy ${upstream}\n  }\n`)
    .join('');
}

function configuration(setting: Setting): string {
  const { port, certificate, routes, directory } = setting;
  const scheme = certificate === undefined ? 'http' : 'https';
  const names =
    routes === undefined ? (certificate === undefined ? [''] : ['example.test', 'localhost']) : hostNames(routes.hosts);
  const addresses = names.map((name) => `${scheme}://${name}:${port}`).join(', ');
  const tls = certificate === undefined ? '' : `  tls ${certificate.certificate} ${certificate.key}\n`;
  return `{
  admin unix/${directory}/admin.sock
  auto_https off
  log {
    level ERROR
  }
}
${addresses} {
  bind 127.0.0.1
${tls}${site(setting)}}
`;
}

export const caddy: Proxy = {
  name: 'caddy',
  features: ['tls', 'routes', 'reload', 'websocket'],
  isSlow: true,
  install: 'apt-get install caddy',
  version: () => versionOf(['caddy', 'version']),
  files: (setting) => ({ Caddyfile: configuration(setting) }),
  command: ({ directory }) => ({
    argv: ['caddy', 'run', '--config', 'Caddyfile', '--adapter', 'caddyfile'],
    environment: { GOMAXPROCS: '1', HOME: directory, XDG_DATA_HOME: directory, XDG_CONFIG_HOME: directory },
  }),
  reload: (_pid, { directory }) => {
    const config = ['--config', 'Caddyfile', '--adapter', 'caddyfile', '--address', `unix/${directory}/admin.sock`];
    spawn('caddy', ['reload', ...config], {
      cwd: directory,
      stdio: 'ignore',
      env: { ...process.env, HOME: directory },
    });
  },
};
