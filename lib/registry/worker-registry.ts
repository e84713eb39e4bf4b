import { DeclarativeWorker } from "../declarative-worker.js";
import { checkOptions } from "../errors/check-options.js";
import { InvalidArgumentError } from "../errors/invalid-argument-error.js";
import { listNames } from "../errors/list-names.js";
import { nearestNames } from "../errors/nearest-names.js";
import { isInstanceOf } from "../errors/read-value.js";
import { describeKind } from "../errors/show-value.js";
import { type DiscoveredWorker, reportNameClashes } from "./discovered-worker.js";
import { Instances } from "./instances.js";
import { Problems } from "./problems.js";
import { construct, givenWorker, type Newable, sourceName, workersOf } from "./source.js";

export interface WorkerRegistryOptions {
  /**
   * Returns the instance of a class. By default `new` without arguments; with a container, for example,
   * `(type) => container.resolve(type)`.
   */
  readonly resolve?: ((type: Newable) => object) | undefined;
}

/** Explains what is wrong with the option `resolve`; undefined if nothing is. */
export function resolveProblem(resolve: unknown = construct): string | undefined {
  if (typeof resolve === "function") return undefined;
  return `The option resolve is ${describeKind(resolve)}: pass a function that returns the instance of a class`;
}

/** Collects sources and discovers their workers. It starts nothing. */
export class WorkerRegistry {
  /**
   * The instances of the classes that were provided.
   * @internal
   */
  readonly instances: Instances;
  readonly #sources: unknown[] = [];
  /** The workers of each source that has been read, so that its instance is created, and its `workers()` called, once. */
  readonly #found = new Map<unknown, DiscoveredWorker[]>();
  #workers: readonly DeclarativeWorker[] | undefined;
  #warnings: readonly string[] = [];

  /** @throws InvalidArgumentError if an option is malformed or does not exist */
  constructor(options: WorkerRegistryOptions = {}) {
    const { resolve = construct } = checkOptions("WorkerRegistry", options, ["resolve"]);
    const problem = resolveProblem(resolve);
    if (problem !== undefined) throw new InvalidArgumentError(problem);
    this.instances = new Instances(resolve);
  }

  /**
   * Adds sources: classes with decorated methods, instances of such classes, {@link WorkerConfigurer}s as classes or instances,
   * and {@link DeclarativeWorker}s with a name. Their problems are reported when {@link workers} is read.
   */
  provide(...sources: object[]): this {
    for (const source of sources) this.#sources.push(source);
    this.#workers = undefined;
    return this;
  }

  /**
   * The workers of all sources, in the order provided. The instance of a class is created when this is first read, once.
   * @throws BootstrapError with all problems of the sources
   */
  get workers(): readonly DeclarativeWorker[] {
    return (this.#workers ??= this.#build());
  }

  /**
   * Lines for the log about what may be wrong with {@link workers}, once these were read; none of it prevents a start.
   * `bootstrap` logs them. Code that reads a registry itself should do so, too.
   */
  get warnings(): readonly string[] {
    return this.#warnings;
  }

  /**
   * The worker that a method of a source declares, for a test of that one. The source is read as {@link workers} does, and need
   * not have been provided.
   * @param source a class with decorated methods, or an instance of one
   * @throws BootstrapError with all problems of the source
   * @throws InvalidArgumentError if the method is not decorated as a worker, with those that are
   */
  workerOf(source: object, method: string | symbol): DeclarativeWorker {
    const problems = new Problems();
    const found = this.#read(source, problems);
    if (problems.count > 0) throw problems.toError();
    const worker = found.find(({ member }) => member === method)?.worker;
    if (worker !== undefined) return worker;
    const methods = found.flatMap(({ member }) => (member === undefined ? [] : [String(member)]));
    throw new InvalidArgumentError(
      `${sourceName(source)} has no worker on a method "${String(method)}": ${nearestNames(String(method), methods)}`,
    );
  }

  #build(): readonly DeclarativeWorker[] {
    const problems = new Problems();
    const found: DiscoveredWorker[] = [];
    const seen = new Set<unknown>();
    for (const source of this.#sources) {
      if (seen.has(source)) problems.add(`${sourceName(source)} is passed twice: pass it once`);
      else for (const worker of this.#read(source, problems)) found.push(worker);
      seen.add(source);
    }
    reportNameClashes(found, problems);
    if (problems.count > 0) throw problems.toError();
    this.#warnings = minifiedNameWarnings(found);
    return found.map(({ worker }) => worker);
  }

  #read(source: unknown, problems: Problems): readonly DiscoveredWorker[] {
    if (isInstanceOf(source, DeclarativeWorker)) return [givenWorker(source, problems)];
    const known = this.#found.get(source);
    if (known !== undefined) return known;
    const before = problems.count;
    const found = workersOf(source, this.instances.of, problems);
    if (problems.count === before) this.#found.set(source, found);
    return found;
  }
}

/** One line for all, at most. */
function minifiedNameWarnings(found: readonly DiscoveredWorker[]): readonly string[] {
  const names = found.flatMap(({ worker, hasMinifiedName }) => (hasMinifiedName === true ? worker.label : []));
  if (names.length === 0) return [];
  return [
    `these names look minified and may change with the next build: ${listNames(names)}; name the classes with @Named, or keep the names of classes when you bundle`,
  ];
}
