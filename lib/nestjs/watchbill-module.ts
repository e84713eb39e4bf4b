import {
  type DynamicModule,
  Inject,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleDestroy,
  Optional,
  type Provider,
} from "@nestjs/common";
import { DiscoveryModule, DiscoveryService, ModulesContainer } from "@nestjs/core";
import { InvalidArgumentError, Runner } from "../index.js";
import { dashboardModule, type WatchbillDashboardOptions } from "./dashboard-module.js";
import { moduleOptions, type WatchbillModuleAsyncOptions, type WatchbillModuleOptions } from "./module-options.js";
import { RunnerLifecycle } from "./runner-lifecycle.js";
import { runnerModule } from "./runner-module.js";

const once = "import WatchbillModule.forRoot() once, in the root module; every module may inject the Runner";

/**
 * Runs the decorated methods of all providers and controllers of a Nest application. They start when the application has been
 * bootstrapped, after the `onApplicationBootstrap` of all other modules; when it is closed they stop first, and everything else
 * waits for them. If the runner fails, the application is closed and the process exits with code 1.
 */
export class WatchbillModule implements OnApplicationBootstrap, OnModuleDestroy, OnApplicationShutdown {
  readonly #lifecycle: RunnerLifecycle | undefined;

  /** Called by Nest, with what {@link forRoot} provides. */
  constructor(lifecycle?: RunnerLifecycle) {
    this.#lifecycle = lifecycle;
  }

  /** The module with its options. To be imported once, in the root module. */
  static forRoot(options: WatchbillModuleOptions = {}): DynamicModule {
    return withRunner(runnerModule({ provide: moduleOptions, useValue: options }));
  }

  /** The module with options that a function makes of providers. To be imported once, in the root module. */
  static forRootAsync({ imports, inject = [], useFactory }: WatchbillModuleAsyncOptions): DynamicModule {
    return withRunner(runnerModule({ provide: moduleOptions, inject: [...inject], useFactory }, imports));
  }

  /**
   * A module that serves the page of `watchbill/dashboard` at a path, to requests that the guards let pass.
   * @throws InvalidArgumentError if the path is not a string or is empty
   */
  static dashboard(path: string, options: WatchbillDashboardOptions = {}): DynamicModule {
    return dashboardModule(path, options);
  }

  onApplicationBootstrap(): void {
    if (this.#lifecycle === undefined) throw new InvalidArgumentError(`WatchbillModule is imported without its options: ${once}`);
    this.#lifecycle.start();
  }

  async onModuleDestroy(): Promise<void> {
    await this.#lifecycle?.stop();
  }

  onApplicationShutdown(): void {
    this.#lifecycle?.onShutdown();
  }
}
// Called as functions, so that the build assumes no dialect of decorators.
Inject(RunnerLifecycle)(WatchbillModule, undefined, 0);
Optional()(WatchbillModule, undefined, 0);

/** The module is not global: see {@link stopFirst}. */
function withRunner(runner: DynamicModule): DynamicModule {
  const lifecycle: Provider = {
    provide: RunnerLifecycle,
    inject: [Runner, DiscoveryService, ModulesContainer, moduleOptions],
    useFactory: (
      runner: Runner,
      discovery: DiscoveryService,
      modules: ModulesContainer,
      options: WatchbillModuleOptions,
    ): RunnerLifecycle => {
      stopFirst(modules);
      return new RunnerLifecycle(runner, discovery, modules, options);
    },
  };
  return { module: WatchbillModule, imports: [DiscoveryModule, runner], providers: [lifecycle] };
}

/**
 * Makes the hooks of this module the last when the application starts, and the first when it is closed. Nest sorts modules by
 * their distance from the root module, which is 0, and global ones are the farthest; those of equal distance by the order of
 * imports. So a database module that is imported after this one would be closed before it.
 * @throws InvalidArgumentError if the module is imported several times
 */
function stopFirst(modules: ModulesContainer): void {
  const own = [...modules.values()].filter(({ metatype }) => metatype === WatchbillModule);
  if (own.length > 1) throw new InvalidArgumentError(`WatchbillModule is imported ${own.length} times: ${once}`);
  for (const module of own) module.distance = -1;
}
