import type { InjectionToken, ModuleMetadata, OptionalFactoryDependency } from "@nestjs/common";
import { type BootstrapOptions, InvalidArgumentError } from "../index.js";

/**
 * The options of `bootstrap`, and one of its own. There is no `resolve`, since Nest creates the instances, and no `signals`,
 * since Nest listens to the process signals. `logger` is Nest's by default.
 */
export interface WatchbillModuleOptions extends Omit<BootstrapOptions, "resolve" | "signals"> {
  /**
   * Whether the workers run in a module of `Test.createTestingModule` too, from its `init()` to its `close()`. By default they
   * are discovered and checked there, but do not run.
   */
  readonly runInTests?: boolean | undefined;
}

/** Options that need providers, such as those of a configuration. */
export interface WatchbillModuleAsyncOptions extends Pick<ModuleMetadata, "imports"> {
  /** What the function receives. */
  readonly inject?: readonly (InjectionToken | OptionalFactoryDependency)[] | undefined;
  readonly useFactory: (...args: never[]) => WatchbillModuleOptions | Promise<WatchbillModuleOptions>;
}

/** The token of the {@link WatchbillModuleOptions}. */
export const moduleOptions = Symbol("the options of WatchbillModule");

/** What `bootstrap` has to do otherwise in Nest, and why. */
const optionsOfNest = {
  resolve: "Nest creates the instances of providers: leave it out",
  signals: "Nest listens to the process signals: call app.enableShutdownHooks(signals) instead",
};

/**
 * Splits the options of the module into its own and those of `bootstrap`, which checks them.
 * @throws InvalidArgumentError if they are not an object, an option is one that Nest decides on, or `runInTests` is malformed
 */
export function splitOptions(options: WatchbillModuleOptions): {
  readonly runInTests: boolean;
  readonly runner: BootstrapOptions;
} {
  // Of a useFactory without a return, for example.
  if (typeof options !== "object" || options === null)
    throw new InvalidArgumentError(`The options of WatchbillModule are ${String(options)}: pass or return an object`);
  for (const [key, reason] of Object.entries(optionsOfNest))
    if (key in options) throw new InvalidArgumentError(`WatchbillModule has no option ${key}: ${reason}`);
  const { runInTests = false, ...runner } = options;
  if (typeof runInTests !== "boolean")
    throw new InvalidArgumentError(`The option runInTests is a ${typeof runInTests}: pass true or false`);
  return { runInTests, runner };
}
