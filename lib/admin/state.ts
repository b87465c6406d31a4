/** What the admin API shows: the configuration that serves, with what is wrong with it. */
import type { Receipt } from '../engine/receipt.js';
import type { Explanation } from '../explain/explanation.js';
import type { ExplainRequest } from '../explain/request.js';
import type { InstallConfiguration } from '../install/schema.js';
import type { Configuration } from '../merge/model.js';
import type { Health } from './health.js';
import type { QueueStats } from '../observability/queues.js';

/** Read anew for every request, so that an answer is never older than the configuration that serves. */
export interface AdminState {
  readonly install: InstallConfiguration;
  readonly configuration: Configuration;
  /** Limits of services and who waits for them now, by the name of the service. */
  readonly queues: () => Readonly<Record<string, QueueStats>>;
  readonly version: string;
  readonly startDate: Date;
  /** What would become of a request; absent where nothing runs. */
  readonly explain?: (request: ExplainRequest) => Promise<Explanation>;
  /** What became of the request of that id. */
  readonly receipt?: (id: string) => Promise<Receipt | undefined>;
  /** Asks the data plane how the servers are. */
  readonly health: () => Health;
}
