/** Writes the reference pages: every key with its type, its default and its meaning, from the schemas themselves. */
import type { z } from 'zod';
import { balancers } from '../../lib/balancers/index.js';
import { codes } from '../../lib/diagnostics/codes.js';
import { errorCatalogue } from '../../lib/errors.js';
import { install } from '../../lib/install/schema.js';
import { middlewares } from '../../lib/middlewares/index.js';
import { counters, firstReason } from '../../lib/observability/counters.js';
import { reasons } from '../../lib/observability/reasons.js';
import { providers } from '../../lib/providers/index.js';
import { router } from '../../lib/schema/router.js';
import { serversTransport } from '../../lib/schema/servers-transport.js';
import { highestRandomWeight, loadBalancer, weighted } from '../../lib/schema/service.js';
import { failover } from '../../lib/schema/failover.js';
import { mirroring } from '../../lib/schema/mirroring.js';
import { tlsCertificate, tlsOptions, tlsStore } from '../../lib/schema/tls.js';
import { type GeneratedFile, markdownBanner } from './file.js';
import { keyTable, table } from './key-table.js';

const folder = 'docs/reference';

interface Page {
  readonly name: string;
  readonly title: string;
  readonly body: readonly string[];
}

function file({ name, title, body }: Page): GeneratedFile {
  return { path: `${folder}/${name}.md`, text: `${markdownBanner}\n\n# ${title}\n\n${body.join('\n\n')}\n` };
}

/** A section per root: where its keys stand, and the keys. */
const section = (prefix: string, schema: z.ZodType): readonly string[] => [`## \`${prefix}\``, keyTable(schema)];

function installPage(): Page {
  const sections = Object.entries(install.shape).flatMap(([name, schema]) => section(name, schema));
  const intro =
    'What is fixed when Fairlead starts: file, flags (`--entryPoints.web.address=:80`) and environment (`TRAEFIK_…`, `FAIRLEAD_…`).';
  return { name: 'install', title: 'Install (static) configuration', body: [intro, ...sections] };
}

const dynamicPages: readonly Page[] = [
  {
    name: 'routers',
    title: 'Routers',
    body: ['`http.routers.<name>` takes requests that match its rule.', keyTable(router)],
  },
  {
    name: 'services',
    title: 'Services',
    body: [
      '`http.services.<name>` answers requests. It has exactly one of these kinds, and optionally `middlewares`.',
      ...section('loadBalancer', loadBalancer),
      'Strategies:',
      table(
        ['Strategy', 'Meaning'],
        balancers.map(({ name, summary }) => [`\`${name}\``, summary]),
      ),
      ...section('weighted', weighted),
      ...section('highestRandomWeight', highestRandomWeight),
      ...section('mirroring', mirroring),
      ...section('failover', failover),
    ],
  },
  {
    name: 'servers-transports',
    title: 'Servers transports',
    body: ['`http.serversTransports.<name>` says how servers are spoken to.', keyTable(serversTransport)],
  },
  {
    name: 'tls',
    title: 'TLS',
    body: [
      ...section('tls.certificates[n]', tlsCertificate),
      ...section('tls.stores.<name>', tlsStore),
      ...section('tls.options.<name>', tlsOptions),
    ],
  },
];

const middlewarePages: readonly Page[] = middlewares.map(({ name, summary, schema }) => ({
  name: `middlewares/${name}`,
  title: name,
  body: [summary, `\`http.middlewares.<name>.${name}\``, keyTable(schema)],
}));

function providersPage(): Page {
  const rows = providers.map(({ name, summary }) => [`\`${name}\``, summary]);
  const intro = 'Where the dynamic configuration comes from. Their keys stand in [install](install.md).';
  return { name: 'providers', title: 'Providers', body: [intro, table(['Provider', 'Meaning'], rows)] };
}

function diagnosticsPage(): Page {
  const rows = Object.entries(codes).map(([code, { title, severity, help }]) => [`\`${code}\``, severity, title, help]);
  const intro = 'Findings about a configuration. `fairlead help CODE` prints the same.';
  return {
    name: 'diagnostics',
    title: 'Diagnostics',
    body: [intro, table(['Code', 'Severity', 'Title', 'Help'], rows)],
  };
}

function errorsPage(): Page {
  const rows = Object.entries(errorCatalogue).map(([code, text]) => [`\`${code}\``, text]);
  const intro = 'Errors that the programming interface throws, by their `code`.';
  return { name: 'errors', title: 'Error codes', body: [intro, table(['Code', 'Meaning'], rows)] };
}

function countersPage(): Page {
  const rows = counters.slice(0, firstReason).map(({ name, kind, help }) => [`\`${name}\``, kind, help]);
  const given = reasons.map(({ name, status, help }) => [`\`${name}\``, status === 0 ? '–' : String(status), help]);
  return {
    name: 'counters',
    title: 'Counters and reasons',
    body: [
      'What the data plane counts. `proxy.stats()` has the same numbers under names in camel case.',
      table(['Counter', 'Kind', 'Meaning'], rows),
      '## Reasons',
      'Why the data plane gave up on something, in the access log and, as `reason_<name>`, in the counters.',
      table(['Reason', 'Status', 'Meaning'], given),
    ],
  };
}

function indexPage(pages: readonly Page[]): Page {
  const schemas = ['static', 'dynamic'].map((name) => `- [JSON Schema, ${name}](schema/${name}.schema.json)`);
  const list = pages.map(({ name, title }) => `- [${title}](${name}.md)`);
  return { name: 'README', title: 'Reference', body: [[...list, ...schemas].join('\n')] };
}

/** Every page, the index last. */
export function referencePages(): readonly GeneratedFile[] {
  const pages = [
    installPage(),
    ...dynamicPages,
    ...middlewarePages,
    providersPage(),
    diagnosticsPage(),
    errorsPage(),
    countersPage(),
  ];
  return [...pages, indexPage(pages)].map(file);
}
