import { hostNames, hostPrefixes } from '../routes.js';
import type { Proxy, Setting } from './define.js';
import { versionOf } from './version.js';

function hosts({ port, originPort, certificate, routes }: Setting): string {
  const target = `{ proxy.reverse.url: "http://127.0.0.1:${originPort}/" }`;
  const paths = (routes === undefined ? ['/'] : hostPrefixes(routes.paths)).map((path) => {
    // h2o replaces the matched prefix, so it is written again.
    const kept = path === '/' ? target : target.replace('/" }', `${path}" }`);
    return `      "${path}": ${kept}`;
  });
  const ssl =
    certificate === undefined
      ? ''
      : `\n      ssl: { certificate-file: ${certificate.certificate}, key-file: ${certificate.key}, minimum-version: TLSv1.3 }`;
  const listen = `    listen:\n      host: 127.0.0.1\n      port: ${port}${ssl}\n`;
  const names = routes === undefined ? ['default'] : hostNames(routes.hosts);
  return names.map((name) => `  "${name}:${port}":\n${listen}    paths:\n${paths.join('\n')}\n`).join('');
}

function configuration(setting: Setting): string {
  const { websocket, generation } = setting;
  return `user: root
num-threads: 1
max-connections: 9500
http1-request-timeout: 600
proxy.preserve-host: ON
proxy.timeout.keepalive: 600000
proxy.timeout.io: 600000
${websocket ? 'proxy.websocket: ON\n' : ''}${generation === undefined ? '' : `header.set: "X-Generation: ${generation}"\n`}hosts:
${hosts(setting)}`;
}

export const h2o: Proxy = {
  name: 'h2o',
  // Reloading h2o takes a second program (start_server), which is not part of this comparison.
  features: ['tls', 'routes', 'websocket'],
  install: 'apt-get install h2o',
  version: () => versionOf(['h2o', '-v']),
  files: (setting) => ({ 'h2o.yml': configuration(setting) }),
  command: () => ({ argv: ['h2o', '-m', 'worker', '-c', 'h2o.yml'] }),
};
