/** The configuration an embedding program hands over: Traefik's shape, install and dynamic sections side by side. */
import type { z } from 'zod';
import { type InstallPorts, installFromObject, readInstall } from '../install/read.js';
import type { InstallResult } from '../install/result.js';
import type { InstallInput } from '../install/schema.js';
import type { middlewares } from '../middlewares/index.js';
import type { router } from '../schema/router.js';
import type { serversTransport } from '../schema/servers-transport.js';
import type { highestRandomWeight, loadBalancer, weighted } from '../schema/service.js';
import type { failover } from '../schema/failover.js';
import type { mirroring } from '../schema/mirroring.js';
import type { tlsCertificate, tlsOptions, tlsStore } from '../schema/tls.js';

type Definition = (typeof middlewares)[number];

/** `http.middlewares.<name>`: exactly one of the kinds. */
export type MiddlewareInput = {
  readonly [Kind in Definition['name']]?: z.input<Extract<Definition, { readonly name: Kind }>['schema']>;
};

/** `http.services.<name>`: one of the kinds, and the middlewares before it. */
export interface ServiceInput {
  readonly loadBalancer?: z.input<typeof loadBalancer>;
  readonly weighted?: z.input<typeof weighted>;
  readonly highestRandomWeight?: z.input<typeof highestRandomWeight>;
  readonly mirroring?: z.input<typeof mirroring>;
  readonly failover?: z.input<typeof failover>;
  readonly middlewares?: readonly string[];
}

/** The dynamic configuration: what may change while the proxy runs. */
export interface DynamicConfig {
  readonly http?: {
    readonly routers?: Readonly<Record<string, z.input<typeof router>>>;
    readonly services?: Readonly<Record<string, ServiceInput>>;
    readonly middlewares?: Readonly<Record<string, MiddlewareInput>>;
    readonly serversTransports?: Readonly<Record<string, z.input<typeof serversTransport>>>;
  };
  readonly tls?: {
    readonly certificates?: readonly z.input<typeof tlsCertificate>[];
    readonly options?: Readonly<Record<string, z.input<typeof tlsOptions>>>;
    readonly stores?: Readonly<Record<string, z.input<typeof tlsStore>>>;
  };
}

/** Everything in one object. */
export type ProxyConfig = Partial<InstallInput> & DynamicConfig;

/** What `createProxy` and `check` take: an object, a file, or an install configuration that was read already. */
export type ProxyInput = ProxyConfig | { readonly configFile: string } | InstallResult;

/** An input taken apart. */
export interface ResolvedInput {
  readonly install: InstallResult;
  /** The dynamic sections of an object; undefined for files, which name their providers. */
  readonly dynamic?: DynamicConfig;
}

/** The place of values that an embedding program wrote; shown in messages. */
export const objectOwner = 'the configuration object';

/** Reads the install part of an input. Never throws for what a user can write: faults are findings. */
export async function resolveInput(input: ProxyInput, ports: InstallPorts): Promise<ResolvedInput> {
  if (isInstallResult(input)) return { install: input };
  if ('configFile' in input) return { install: await readInstall([`--configFile=${input.configFile}`], ports) };
  const { http, tls } = input;
  const dynamic = { ...(http !== undefined && { http }), ...(tls !== undefined && { tls }) };
  return { install: await installFromObject(input, objectOwner, ports), dynamic };
}

const isInstallResult = (input: ProxyInput): input is InstallResult =>
  'originOf' in input && typeof input.originOf === 'function' && 'config' in input;

/** Gives an object its type, so that an editor completes its keys. */
export const defineConfig = (config: ProxyConfig): ProxyConfig => config;
