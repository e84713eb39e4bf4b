import { DeclarativeWorker, Runner, type RunnerOptions, StaticBackoff, stopped, type WorkerContext } from "watchbill";
import { type Dashboard, type DashboardOptions, dashboard } from "watchbill/dashboard";
import type { ListenOptions } from "../../lib/dashboard/listener.js";
import { until } from "./client.fixture.js";

export const silent = { debug() {}, info() {}, warn() {}, error() {} };

export const backoff = new StaticBackoff({ sleep: "1h" });

/** A job that is only run by commands. */
export function job(name: string, run: (context: WorkerContext) => unknown = () => {}): DeclarativeWorker {
  return new DeclarativeWorker({ name, job: run, repeat: "1h", retry: backoff });
}

/** A worker that runs until it is stopped. */
export function continuous(name: string): DeclarativeWorker {
  return new DeclarativeWorker({ name, worker: ({ signal }: WorkerContext) => stopped(signal) });
}

/** A runner that runs, with a dashboard that listens on a free port. */
export class Served {
  static readonly #running = new Set<Served>();

  readonly runner: Runner;
  readonly page: Dashboard;
  readonly #ended: Promise<void>;

  static async start(
    workers: readonly DeclarativeWorker[],
    options: DashboardOptions = {},
    where: ListenOptions = { port: 0 },
    settings: RunnerOptions = {},
  ): Promise<Served> {
    const served = new Served(workers, options, where, settings);
    await until(() => served.page.url !== undefined);
    return served;
  }

  /** Stops what a spec has left running. */
  static async stopAll(): Promise<void> {
    await Promise.all([...Served.#running].map((served) => served.stop()));
  }

  private constructor(
    workers: readonly DeclarativeWorker[],
    options: DashboardOptions,
    where: ListenOptions,
    settings: RunnerOptions,
  ) {
    Served.#running.add(this);
    this.runner = new Runner(workers, { logger: silent, signals: [], ...settings });
    this.page = dashboard(this.runner, options);
    this.runner.add(this.page.listen(where));
    this.#ended = this.runner.run();
  }

  get url(): string {
    return this.page.url ?? "";
  }

  async stop(): Promise<void> {
    Served.#running.delete(this);
    await this.runner.stop();
    await this.#ended;
    this.page.close();
  }
}
