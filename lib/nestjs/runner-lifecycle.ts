import { Logger } from "@nestjs/common";
import type { DiscoveryService, ModulesContainer } from "@nestjs/core";
import { Runner } from "../index.js";
import { discoverWorkers } from "./discovered-workers.js";
import { FailedApplication } from "./failed-application.js";
import { splitOptions, type WatchbillModuleOptions } from "./module-options.js";
import { nestLogger, runnerContext } from "./nest-logger.js";

/** How long after the start the main file may still enable the shutdown hooks. */
const timeForHooks = 5_000;

/** Runs the runner of an application while the application is up. */
export class RunnerLifecycle {
  readonly #runner: Runner;
  readonly #discovery: DiscoveryService;
  readonly #isInTest: boolean;
  readonly #options: ReturnType<typeof splitOptions>;
  readonly #failure = new FailedApplication();
  #run: Promise<void> = Promise.resolve();
  #hooksTimer: NodeJS.Timeout | undefined;
  #isClosing = false;

  constructor(runner: Runner, discovery: DiscoveryService, modules: ModulesContainer, options: WatchbillModuleOptions) {
    this.#runner = runner;
    this.#discovery = discovery;
    this.#isInTest = isTestingModule(modules);
    this.#options = splitOptions(options);
  }

  /**
   * Discovers the workers and runs them; in a testing module only if the options say so.
   * @throws BootstrapError with everything that is wrong with the workers; nothing has been started then
   */
  start(): void {
    const { workers, warnings } = discoverWorkers(this.#discovery);
    // The runner existed before its workers, and could not say of a pattern in only that it names none of them.
    new Runner([...this.#runner.workers, ...workers], this.#options.runner);
    for (const worker of workers) this.#runner.add(worker);
    for (const warning of warnings) Logger.warn(warning, runnerContext);
    if (this.#isInTest && !this.#options.runInTests) {
      Logger.log("the workers do not run in a testing module, unless runInTests is set", runnerContext);
      return;
    }
    this.#run = this.#runner.run().catch((error: unknown) => this.#fail(error));
    if (!this.#isInTest) this.#hooksTimer = setTimeout(warnOfMissingHooks, timeForHooks).unref();
  }

  /** Stops the workers, and resolves when all have stopped or were left behind. */
  async stop(): Promise<void> {
    this.#isClosing = true;
    clearTimeout(this.#hooksTimer);
    await this.#runner.stop();
    await this.#run;
  }

  /** The application has closed everything but what is closed last. */
  onShutdown(): void {
    this.#failure.onShutdown();
  }

  #fail(error: unknown): void {
    const consequence = this.#isClosing || this.#isInTest ? "" : "; the application is closed";
    nestLogger.error({ err: error }, `the runner has failed${consequence}`);
    if (this.#isInTest) return;
    if (this.#isClosing) process.exitCode = 1;
    else void this.#failure.close(() => this.#isClosing);
  }
}

/** The root module of `Test.createTestingModule` is a class of `@nestjs/testing`, whatever it imports. */
export function isTestingModule(modules: ModulesContainer): boolean {
  return [...modules.values()].some(({ metatype }) => metatype.name === "RootTestModule");
}

/** SIGTERM is what containers and process managers send. Without a listener it ends the process at once. */
function warnOfMissingHooks(): void {
  if (process.listenerCount("SIGTERM") > 0) return;
  Logger.warn(
    "SIGTERM would end the process without stopping the workers: call app.enableShutdownHooks() in the main file",
    runnerContext,
  );
}
