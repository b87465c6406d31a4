/** `providers` (Traefik: static configuration): where the dynamic configuration comes from. */
import { z } from 'zod';
import { didYouMean } from '../diagnostics/suggest.js';
import { notYet } from '../source/marks.js';
import { flag, text, time } from './fields.js';

/** `providers.file`: a file, or all files of a directory. */
export const fileProvider = z
  .strictObject({
    filename: text('File to read; ignored when directory is set.'),
    directory: text('Directory whose .yaml, .yml, .json and .toml files are read, with its sub-directories.'),
    watch: flag(true, 'Read again whenever something changes.'),
    debugLogGeneratedTemplate: notYet('Log templates and what they became.'),
  })
  .refine(({ filename, directory }) => filename !== undefined || directory !== undefined, {
    error: 'providers.file needs "filename" or "directory"',
    params: { code: 'FL2003' },
  });
/** The file provider's settings with all defaults filled in. */
export type FileProvider = z.output<typeof fileProvider>;

/** Providers of Traefik that this version does not have. */
const others = [
  ...['consul', 'consulCatalog', 'docker', 'ecs', 'etcd', 'http', 'knative', 'kubernetesCRD', 'kubernetesGateway'],
  ...['kubernetesIngress', 'kubernetesIngressNGINX', 'nomad', 'plugin', 'redis', 'rest', 'swarm', 'zooKeeper'],
] as const;

/**
 * Whose router wins at equal priority when nobody says so: Traefik's order, in front of it what an embedding program
 * hands over, which only Fairlead has.
 */
const usualPrecedence = [
  ...['memory', 'kubernetesgateway', 'kubernetescrd', 'kubernetes', 'kubernetesingressnginx', 'swarm', 'docker'],
  ...['file', 'redis', 'knative', 'consul', 'consulcatalog', 'nomad', 'etcd', 'ecs', 'http', 'zookeeper', 'rest'],
];

const precedence = z
  .array(
    z.string().superRefine((name, context) => {
      if (usualPrecedence.includes(name.toLowerCase())) return;
      const hint = didYouMean(name, usualPrecedence) ?? `one of ${usualPrecedence.join(', ')}`;
      context.addIssue({ code: 'custom', message: 'must be a provider', params: { code: 'FL2004', hint } });
    }),
  )
  .default(usualPrecedence)
  .meta({ description: 'Providers whose routers win at equal priority, best first; those left out come last.' });

/** The schema of `providers`. */
export const providers = z.strictObject({
  providersThrottleDuration: time('2s', 'Least time between two configurations of one provider; 0 = none.'),
  precedence,
  file: fileProvider.optional().meta({ description: 'Configuration from files.' }),
  ...(Object.fromEntries(others.map((name) => [name, notYet(`Configuration from ${name}.`)])) as Record<
    (typeof others)[number],
    ReturnType<typeof notYet>
  >),
});
