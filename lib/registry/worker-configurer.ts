import type { Worker } from "../chain/worker.js";
import type { DeclarativeWorker } from "../declarative-worker.js";

/**
 * A class that configures its workers itself, when they are known only at run time. Asked once, at bootstrap. The workers'
 * names are prefixed with the class's: a `DeclarativeWorker` named `eu` of a `Fetcher` is `"Fetcher/eu"`.
 */
export interface WorkerConfigurer {
  workers(): (Worker | DeclarativeWorker)[];
}
