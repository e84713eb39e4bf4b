import type { FastifyInstance, FastifyPluginAsync } from "fastify";
import { type Dashboard, type DashboardOptions, dashboard } from "../dashboard/dashboard.js";
import { type BootstrapOptions, bootstrap, InvalidArgumentError, type Logger, Runner } from "../index.js";

/** When the workers are started: once the server listens, or once the plugins are ready, as before `app.inject`. */
export type StartMoment = "listen" | "ready";

/** Either the sources of workers, with the options of `bootstrap`, or a runner. */
export interface WatchbillPluginOptions extends BootstrapOptions {
  /** What `bootstrap` is passed. */
  readonly sources?: Iterable<object> | undefined;
  /** A runner that exists, with its own options. */
  readonly runner?: Runner | undefined;
  /** Serves the dashboard at this path, such as `"/ops/jobs"`, behind the hooks of the application. With options, an object. */
  readonly dashboard?: string | (DashboardOptions & { readonly path: string }) | undefined;
  /**
   * When the workers are started. `"listen"` by default, so that nothing runs in tests that use `app.inject`, nor before a port
   * that is taken ends the process.
   */
  readonly start?: StartMoment | undefined;
}

declare module "fastify" {
  interface FastifyInstance {
    /** The runner of the plugin `watchbill/fastify`. */
    readonly watchbill: Runner;
  }
}

/**
 * Runs workers with a Fastify application, as `app.watchbill`. They are started once the server listens, and stopped before it
 * closes: `app.close()` waits for them, and the `onClose` hooks of other plugins, such as of a database, come later, whatever the
 * order in which the plugins were registered. Process signals are left to the application.
 *
 * If the workers fail, the error is logged, the application is closed, and the exit code of the process becomes 1 unless it has
 * one. Entries of the log go to the logger of Fastify, if it has one and there is no option `logger`.
 *
 * `app.ready()` and `app.listen()` reject with a BootstrapError if something is wrong with the sources, and with an
 * InvalidArgumentError if it is with the options of the plugin.
 */
export const watchbillPlugin: FastifyPluginAsync<WatchbillPluginOptions> = async (app, options) => {
  const { dashboard: mount, start = "listen", ...others } = options;
  if (start !== "listen" && start !== "ready")
    throw new InvalidArgumentError(`The option start of the plugin is ${JSON.stringify(start)}: use "listen" or "ready"`);
  const runner = runnerOf(others);
  const service = new Service(app, runner, others.logger ?? loggerOf(app));
  app.decorate("watchbill", runner);
  app.addHook(start === "listen" ? "onListen" : "onReady", async () => service.start());
  app.addHook("preClose", () => service.stop());
  if (mount !== undefined) service.mount(mount);
};

// Without a context of its own, so that `app.watchbill` is there where the plugin is registered: what fastify-plugin does.
Object.assign(watchbillPlugin, {
  [Symbol.for("skip-override")]: true,
  [Symbol.for("fastify.display-name")]: "watchbill",
  [Symbol.for("plugin-meta")]: { name: "watchbill", fastify: "5.x" },
});

function runnerOf({ runner, sources, ...options }: Omit<WatchbillPluginOptions, "dashboard" | "start">): Runner {
  if (runner === undefined && sources === undefined)
    throw new InvalidArgumentError("The plugin has neither sources nor a runner: pass { sources: [CommitFetcher] }");
  if (runner === undefined) return bootstrap(sources ?? [], options);
  if (!(runner instanceof Runner))
    throw new InvalidArgumentError("The option runner of the plugin is not a runner: pass that of bootstrap()");
  const [surplus] = [...(sources === undefined ? [] : ["sources"]), ...Object.keys(options)];
  if (surplus !== undefined)
    throw new InvalidArgumentError(`The plugin has a runner, and the option ${surplus} as well: pass that to bootstrap()`);
  return runner;
}

/** The workers of an application, and their dashboard. */
class Service {
  readonly #app: FastifyInstance;
  readonly #runner: Runner;
  /** Undefined for that of the runner. */
  readonly #logger: Logger | undefined;
  readonly #closing = new AbortController();
  #running: Promise<void> | undefined;
  #page: Dashboard | undefined;

  constructor(app: FastifyInstance, runner: Runner, logger: Logger | undefined) {
    this.#app = app;
    this.#runner = runner;
    this.#logger = logger;
  }

  /** Starts the workers, unless the application is being closed, which has aborted the signal. Does not wait for them. */
  start(): void {
    const { signal } = this.#closing;
    this.#running = this.#runner.run({ signal, logger: this.#logger }).catch((error: unknown) => this.#fail(error));
  }

  /** Stops the workers, and resolves when they have stopped or their time is over. */
  async stop(): Promise<void> {
    this.#closing.abort(new DOMException("The application is closing", "AbortError"));
    await this.#running;
    this.#page?.close();
  }

  mount(options: string | (DashboardOptions & { readonly path: string })): void {
    const { path, ...others } = typeof options === "string" ? { path: options } : options;
    if (typeof path !== "string" || !/^\/.*[^/]$/.test(path))
      throw new InvalidArgumentError('The path of the dashboard must begin with a slash and not end with one: "/ops/jobs"');
    const page = dashboard(this.#runner, others);
    this.#page = page;
    for (const url of [path, `${path}/*`])
      this.#app.all(url, (request, reply) => {
        reply.hijack();
        page.node(request.raw, reply.raw);
      });
  }

  #fail(error: unknown): void {
    process.exitCode ??= 1;
    this.#report("the workers have failed; the application is closing", error);
    if (this.#closing.signal.aborted) return;
    this.#app.close().catch((cause: unknown) => this.#report("the application could not be closed", cause));
  }

  #report(message: string, error: unknown): void {
    if (this.#logger === undefined) console.error(`${message}:`, error);
    else this.#logger.error({ err: error }, message);
  }
}

/** That of the application. Without one, Fastify has a logger that drops everything, which has no level. */
function loggerOf({ log }: FastifyInstance): Logger | undefined {
  return log.level === undefined ? undefined : log;
}
