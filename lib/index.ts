/**
 * Fairlead: a reverse proxy in a process of yours.
 *
 * ```ts
 * import { createProxy } from 'fairlead';
 *
 * const proxy = await createProxy({
 *   entryPoints: { web: { address: ':8080' } },
 *   http: {
 *     routers: { app: { rule: 'PathPrefix(`/`)', service: 'app' } },
 *     services: { app: { loadBalancer: { servers: [{ url: 'http://127.0.0.1:3000' }] } } },
 *   },
 * });
 * ```
 */
export { defineConfig } from './proxy/config.js';
export type { DynamicConfig, MiddlewareInput, ProxyConfig, ProxyInput, ServiceInput } from './proxy/config.js';
export type { Diagnostic, Severity } from './diagnostics/diagnostic.js';
export { renderDiagnostic } from './diagnostics/render.js';
export { AppError, ConfigError, type ErrorCode } from './errors.js';
export type { Logger, LogFields } from './log.js';
export type { QueueKeyStats, QueueStats } from './observability/queues.js';
export type { Stats } from './observability/stats.js';
export type { ConfigurationDifference } from './pipeline.js';
export type { ListeningAddress } from './proxy/addresses.js';
export type { Applied } from './proxy/applier.js';
export type { Checked } from './proxy/check.js';
export type {
  ExplainedLimit,
  ExplainedRetry,
  ExplainedTimeout,
  Explanation,
  HeaderField,
  MiddlewareEffect,
  MissKind,
  NearMiss,
  OwnAnswer,
  SentRequest,
  ServiceChoice,
  ShownCertificate,
  StickyChoice,
} from './explain/explanation.js';
export type { Receipt } from './engine/receipt.js';
export type { Failed } from './explain/predicate.js';
export { renderExplanation } from './explain/render.js';
export type { ExplainRequest } from './explain/request.js';
export type { Drain, KeyChange, KindChanges, ObjectChange, OwnerChange, Plan, Shadowed } from './plan/plan.js';
export { renderPlan } from './plan/render.js';
export { check, createProxy, explain, plan } from './proxy/create.js';
export type { PlanOptions, ProxyOptions } from './proxy/create.js';
export type { CloseOptions } from './proxy/drain.js';
export type { ProxyEventName, ProxyEvents, ProxyListener, ServerChange } from './proxy/events.js';
export type { Proxy } from './proxy/proxy.js';
export type { Changes } from './snapshot/difference.js';
