import type { DynamicModule, ModuleMetadata, Provider } from "@nestjs/common";
import { ModulesContainer } from "@nestjs/core";
import { bootstrap, Runner } from "../index.js";
import { WatchbillHealthIndicator } from "./health-indicator.js";
import { moduleOptions, splitOptions, type WatchbillModuleOptions } from "./module-options.js";
import { nestLogger } from "./nest-logger.js";
import { isTestingModule } from "./runner-lifecycle.js";

/**
 * What every module may inject. It is global for that, and so has no lifecycle hooks: those of global modules run last when an
 * application is closed.
 */
export class WatchbillRunnerModule {}

/** @param options the provider of the {@link WatchbillModuleOptions} */
export function runnerModule(options: Provider, imports: ModuleMetadata["imports"] = []): DynamicModule {
  return {
    module: WatchbillRunnerModule,
    global: true,
    imports,
    providers: [
      options,
      { provide: Runner, inject: [moduleOptions], useFactory: createRunner },
      {
        provide: WatchbillHealthIndicator,
        inject: [Runner, ModulesContainer, moduleOptions],
        useFactory: (runner: Runner, modules: ModulesContainer, options: WatchbillModuleOptions) =>
          new WatchbillHealthIndicator(runner, isTestingModule(modules) && !splitOptions(options).runInTests),
      },
    ],
    exports: [moduleOptions, Runner, WatchbillHealthIndicator],
  };
}

/** The workers are added when all providers exist: some of them inject the runner. */
function createRunner(options: WatchbillModuleOptions): Runner {
  return bootstrap([], { logger: nestLogger, ...splitOptions(options).runner, signals: [] });
}
