import { type BootstrapOptions, bootstrap } from "../index.js";
import { silentLogger } from "./loggers.js";

/** What is declared of a worker, as plain data. Options that were not declared are not there; durations are in ms. */
export interface DescribedWorker {
  readonly name: string;
  readonly kind: "worker" | "job";
  /** How it is repeated, in words. */
  readonly schedule?: string;
  readonly restart?: string;
  readonly retry?: unknown;
  readonly retryJob?: unknown;
  readonly timeout?: number;
  readonly shutdownTimeout?: number;
  readonly distributed?: true;
}

/**
 * Describes the workers that sources declare, sorted by name, for snapshot tests: the same until a declaration changes. Starts
 * nothing.
 * @param options as for `bootstrap`, such as `resolve`
 * @throws BootstrapError with everything that is wrong with the sources
 */
export function describeWorkers(sources: Iterable<object>, options: BootstrapOptions = {}): DescribedWorker[] {
  const runner = bootstrap(sources, { ...options, logger: silentLogger, signals: [] });
  const rows = runner.status();
  return runner.workers
    .map((worker, index): DescribedWorker => {
      const { name = "", job, restart, retry, retryJob, timeout, shutdownTimeout, distributed } = worker;
      const schedule = rows[index]?.schedule ?? undefined;
      const described = {
        schedule,
        restart,
        retry: plain(retry),
        retryJob: plain(retryJob),
        timeout,
        shutdownTimeout,
        distributed,
      };
      return { name, kind: job === undefined ? "worker" : "job", ...withoutUndefined(described) };
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Backoffs as their fields, under the name of their class; functions as `"function"`. */
function plain(value: unknown): unknown {
  if (typeof value === "function") return "function";
  if (typeof value !== "object" || value === null) return value;
  const type = value.constructor.name;
  const fields = Object.entries(value).map(([key, each]) => [key, plain(each)] as const);
  return { ...(type === "Object" ? undefined : { type }), ...Object.fromEntries(fields) };
}

function withoutUndefined<Value extends object>(value: Value): { [Key in keyof Value]?: Exclude<Value[Key], undefined> } {
  const kept = Object.entries(value).filter(([, each]) => each !== undefined);
  return Object.fromEntries(kept) as { [Key in keyof Value]?: Exclude<Value[Key], undefined> };
}
