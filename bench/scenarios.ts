/** What is measured: one entry of data per scenario. */
import type { Load } from './generator.js';
import type { Feature } from './proxies/define.js';
import type { RouteTable } from './routes.js';

/**
 * What the figure of a scenario is:
 * `cpu` microseconds of CPU per request, `bandwidth` gigabytes of body per CPU second, `latency` the median in
 * microseconds, `memory` resident bytes per idle connection, `reload` requests lost while reloading, `blocked` the 99th
 * percentile in microseconds while the control plane stands still.
 */
export type Measure = 'cpu' | 'bandwidth' | 'latency' | 'memory' | 'reload' | 'blocked';

/** One scenario. */
export interface Scenario {
  /** The name on the command line; several entries may share one. */
  readonly id: string;
  /** Tells entries with the same id apart. */
  readonly variant?: string;
  readonly title: string;
  readonly measure: Measure;
  readonly load: Load;
  readonly responseBytes: number;
  readonly needs: readonly Feature[];
  /** Names of the proxies that take part, where not all that could do. */
  readonly only?: readonly string[];
  /** Threads or processes that serve; 1. With more than one the proxy is not pinned. */
  readonly workers?: number;
  /** Milliseconds before counting that are needed at least, to open the connections. */
  readonly warmupMs?: number;
  readonly routes?: RouteTable;
  /** How the relay that understands nothing is connected, where it makes a floor. */
  readonly floor?: 'paired' | 'pooled';
}

const KIB = 1024;
const MIB = 1024 * 1024;

/** In the order in which they run. */
export const SCENARIOS: readonly Scenario[] = [
  {
    id: 'S1',
    title: 'HTTP/1.1 keep-alive, GET 1 KB, 64 connections',
    measure: 'cpu',
    load: { connections: 64 },
    responseBytes: KIB,
    needs: [],
    floor: 'paired',
  },
  {
    id: 'S2',
    title: 'one connection, latency',
    measure: 'latency',
    load: { connections: 1 },
    responseBytes: KIB,
    needs: [],
    floor: 'paired',
  },
  {
    id: 'S3',
    title: 'a new connection per request, GET 1 KB, 64 at once',
    measure: 'cpu',
    load: { connections: 64, reconnect: true },
    responseBytes: KIB,
    needs: [],
    floor: 'pooled',
  },
  {
    id: 'S4',
    title: 'TLS 1.3 keep-alive, GET 1 KB, 64 connections',
    measure: 'cpu',
    load: { connections: 64, tls: true },
    responseBytes: KIB,
    needs: ['tls'],
  },
  {
    id: 'S5',
    title: 'TLS 1.3 full handshake (P-256, X25519), one GET, close',
    measure: 'cpu',
    load: { connections: 32, tls: true, reconnect: true },
    responseBytes: KIB,
    needs: ['tls'],
  },
  {
    id: 'S5b',
    title: 'TLS 1.3 resumed handshake, one GET, close',
    measure: 'cpu',
    load: { connections: 32, tls: true, reconnect: true, resume: true },
    responseBytes: KIB,
    needs: ['tls'],
  },
  {
    id: 'S7',
    title: 'GET 1 MB, 8 connections',
    measure: 'bandwidth',
    load: { connections: 8 },
    responseBytes: MIB,
    needs: [],
    floor: 'paired',
  },
  {
    id: 'S7b',
    title: 'POST 1 MB, 8 connections',
    measure: 'bandwidth',
    load: { connections: 8, uploadBytes: MIB },
    responseBytes: 16,
    needs: [],
    floor: 'paired',
  },
  {
    id: 'S7t',
    title: 'GET 1 MB over TLS 1.3, 8 connections',
    measure: 'bandwidth',
    load: { connections: 8, tls: true },
    responseBytes: MIB,
    needs: ['tls'],
  },
  {
    id: 'S8',
    title: 'fixed 6,000 requests/s over 64 connections, latency',
    measure: 'latency',
    load: { connections: 64, rate: 6000 },
    responseBytes: KIB,
    needs: [],
    floor: 'paired',
  },
  {
    id: 'S9',
    title: 'memory per idle plain connection',
    measure: 'memory',
    load: { connections: 8000 },
    responseBytes: KIB,
    needs: [],
  },
  {
    id: 'S9t',
    title: 'memory per idle TLS connection',
    measure: 'memory',
    load: { connections: 8000, tls: true },
    responseBytes: KIB,
    needs: ['tls'],
  },
  {
    id: 'S10',
    variant: '10 routes',
    title: '10 host + path routes, a random one per request',
    measure: 'cpu',
    load: { connections: 64 },
    responseBytes: KIB,
    needs: ['routes'],
    routes: { hosts: 5, paths: 2 },
  },
  {
    id: 'S10',
    variant: '50,000 routes',
    title: '50,000 host + path routes, a random one per request',
    measure: 'cpu',
    load: { connections: 64 },
    responseBytes: KIB,
    needs: ['routes'],
    routes: { hosts: 5000, paths: 10 },
  },
  {
    id: 'S10',
    variant: '100,000 routes',
    title: '100,000 host + path routes, a random one per request',
    measure: 'cpu',
    load: { connections: 64 },
    responseBytes: KIB,
    needs: ['routes'],
    only: ['fairlead'],
    routes: { hosts: 10_000, paths: 10 },
  },
  {
    id: 'S11',
    title: 'a reload each second at 3,000 requests/s, 200 idle connections beside',
    measure: 'reload',
    load: { connections: 64, rate: 3000 },
    responseBytes: KIB,
    needs: ['reload'],
  },
  {
    id: 'S12',
    title: 'WebSocket echo of 64 B messages through a tunnel, 64 connections',
    measure: 'cpu',
    load: { connections: 64, websocket: true },
    responseBytes: KIB,
    needs: ['websocket'],
    floor: 'paired',
  },
  {
    id: 'S13',
    variant: '1 worker',
    title: 'fixed 8,000 requests/s, 1 worker on both cores',
    measure: 'cpu',
    load: { connections: 64, rate: 8000 },
    responseBytes: KIB,
    needs: ['workers'],
    workers: 1,
  },
  {
    id: 'S13',
    variant: '2 workers',
    title: 'fixed 8,000 requests/s, 2 workers on both cores',
    measure: 'cpu',
    load: { connections: 64, rate: 8000 },
    responseBytes: KIB,
    needs: ['workers'],
    workers: 2,
  },
  {
    id: 'S14',
    title: '18,000 connections held, each asked every 3 seconds',
    measure: 'cpu',
    load: { connections: 18_000, rate: 6000 },
    responseBytes: KIB,
    needs: ['crowds'],
    warmupMs: 4000,
  },
  {
    id: 'S15',
    variant: 'waiting',
    title: 'the control plane waits for 10 s at 3,000 requests/s',
    measure: 'blocked',
    load: { connections: 64, rate: 3000 },
    responseBytes: KIB,
    needs: ['block'],
  },
  {
    id: 'S15',
    variant: 'computing',
    title: 'the control plane computes for 10 s on the same core at 3,000 requests/s',
    measure: 'blocked',
    load: { connections: 64, rate: 3000 },
    responseBytes: KIB,
    needs: ['block', 'compute'],
  },
];
