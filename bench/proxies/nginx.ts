import { hostNames, hostPrefixes } from '../routes.js';
import { stopMaster } from './block.js';
import type { Proxy, Setting } from './define.js';
import { versionOf } from './version.js';

const UPSTREAM_HEADERS = `
    proxy_http_version 1.1;
    proxy_set_header Host $host;`;

function location(path: string, { websocket }: Setting): string {
  const connection = websocket
    ? 'proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade";'
    : 'proxy_set_header Connection "";';
  return `  location ${path} { proxy_pass http://origin; ${connection} }`;
}

function servers(setting: Setting): string {
  const { port, certificate, routes, generation } = setting;
  const secure = certificate === undefined ? '' : ' ssl';
  const first = `listen 127.0.0.1:${port}${secure} reuseport backlog=4096;`;
  if (routes === undefined) {
    const header = generation === undefined ? '' : `add_header X-Generation ${generation} always;`;
    return `server {\n  ${first}\n  ${header}\n${location('/', setting)}\n}`;
  }
  const locations = hostPrefixes(routes.paths)
    .map((prefix) => location(prefix, setting))
    .join('\n');
  const other = `server {\n  ${first.replace('reuseport', 'reuseport default_server')}\n  return 404;\n}`;
  const hosts = hostNames(routes.hosts).map(
    (host) => `server {\n  listen 127.0.0.1:${port}${secure};\n  server_name ${host};\n${locations}\n}`,
  );
  return [other, ...hosts].join('\n');
}

function configuration(setting: Setting): string {
  const { directory, originPort, certificate, bulk, workers } = setting;
  const tls = `
  ssl_certificate ${certificate?.certificate};
  ssl_certificate_key ${certificate?.key};
  ssl_protocols TLSv1.3;`;
  // Large buffers for large bodies; the defaults would cost nginx a third of its bandwidth.
  const buffers = 'proxy_buffer_size 64k; proxy_buffers 8 128k; proxy_busy_buffers_size 256k;';
  return `daemon off;
user root;
worker_processes ${workers};
error_log stderr error;
pid ${directory}/nginx.pid;
events { worker_connections 19500; multi_accept on; }
http {
  access_log off;
  server_tokens off;
  tcp_nodelay on;
  keepalive_timeout 600s;
  keepalive_requests 1000000000;
  client_max_body_size 0;
  client_body_buffer_size 256k;
  client_body_temp_path ${directory}/body;
  proxy_temp_path ${directory}/proxy;
  fastcgi_temp_path ${directory}/fastcgi;
  uwsgi_temp_path ${directory}/uwsgi;
  scgi_temp_path ${directory}/scgi;
  server_names_hash_max_size 65536;
  server_names_hash_bucket_size 128;
  proxy_request_buffering off;
  proxy_max_temp_file_size 0;
  ${bulk ? buffers : ''}${UPSTREAM_HEADERS}${certificate === undefined ? '' : tls}
  upstream origin {
    server 127.0.0.1:${originPort};
    keepalive 256;
    keepalive_requests 1000000000;
    keepalive_timeout 600s;
  }
  ${servers(setting)}
}
`;
}

export const nginx: Proxy = {
  name: 'nginx',
  features: ['tls', 'routes', 'reload', 'websocket', 'workers', 'crowds', 'block'],
  install: 'apt-get install nginx-light',
  version: () => versionOf(['nginx', '-v']),
  files: (setting) => ({ 'nginx.conf': configuration(setting) }),
  command: ({ directory, bulk }) => ({
    argv: ['nginx', '-p', directory, '-c', 'nginx.conf', '-e', 'stderr'],
    // Without this glibc returns the large buffers to the kernel after each response and faults them in again.
    environment: bulk ? { MALLOC_TRIM_THRESHOLD_: '67108864', MALLOC_MMAP_THRESHOLD_: '67108864' } : {},
  }),
  reload: (pid) => process.kill(pid, 'SIGHUP'),
  block: stopMaster,
};

/** With the buffers it has unless told otherwise. */
export const nginxDefaults: Proxy = {
  ...nginx,
  name: 'nginx-defaults',
  features: ['tls'],
  only: ['bandwidth'],
  files: (setting) => nginx.files({ ...setting, bulk: false }),
  command: (setting) => nginx.command({ ...setting, bulk: false }),
};
