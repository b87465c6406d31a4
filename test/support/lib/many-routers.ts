/** Large configurations, in each format: routers with a host and a path of their own, ten to a service. */

/** Formats by the ending of the file. */
export const formats = ['yml', 'toml', 'json'] as const;
export type Format = (typeof formats)[number];

const numbers = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index);
const ruleOf = (index: number, prefix: string): string =>
  `Host(\`${prefix}h${index}.example.com\`) && PathPrefix(\`/api/v${index % 7}\`)`;
const serviceOf = (index: number): string => `s${Math.floor(index / 10)}`;
const urlOf = (index: number): string => `http://10.${index >> 16}.${(index >> 8) & 255}.${index & 255}:8080`;

/** The text of a configuration with `count` routers; with `prefix` several of them can stand in one directory. */
export function manyRouters(count: number, format: Format, prefix = ''): string {
  const routers = numbers(count);
  const services = numbers(Math.ceil(count / 10));
  if (format === 'json') {
    const http = {
      routers: Object.fromEntries(
        routers.map((index) => [
          `${prefix}r${index}`,
          { rule: ruleOf(index, prefix), entryPoints: ['web'], service: `${prefix}${serviceOf(index)}` },
        ]),
      ),
      services: Object.fromEntries(
        services.map((index) => [`${prefix}s${index}`, { loadBalancer: { servers: [{ url: urlOf(index) }] } }]),
      ),
    };
    return JSON.stringify({ http }, undefined, 1);
  }
  const router = format === 'toml' ? tomlRouter : yamlRouter;
  const service = format === 'toml' ? tomlService : yamlService;
  return [
    ...(format === 'toml' ? [] : ['http:', '  routers:']),
    ...routers.map((index) => router(`${prefix}r${index}`, ruleOf(index, prefix), `${prefix}${serviceOf(index)}`)),
    ...(format === 'toml' ? [] : ['  services:']),
    ...services.map((index) => service(`${prefix}s${index}`, urlOf(index))),
    '',
  ].join('\n');
}

const yamlRouter = (name: string, rule: string, service: string): string =>
  `    ${name}:\n      rule: ${rule}\n      entryPoints: [web]\n      service: ${service}`;
const yamlService = (name: string, url: string): string =>
  `    ${name}:\n      loadBalancer:\n        servers:\n          - url: ${url}`;
const tomlRouter = (name: string, rule: string, service: string): string =>
  `[http.routers.${name}]\nrule = "${rule}"\nentryPoints = ["web"]\nservice = "${service}"\n`;
const tomlService = (name: string, url: string): string =>
  `[[http.services.${name}.loadBalancer.servers]]\nurl = "${url}"\n`;
