import { inspect } from "node:util";
import type { DeclarativeWorker } from "../declarative-worker.js";
import { InvalidArgumentError } from "../errors/invalid-argument-error.js";
import type { FoundWorker } from "./found-worker.js";
import { Problems } from "./problems.js";
import { construct, type Newable, sourceName, workersOf } from "./source.js";

export interface WorkerRegistryOptions {
  /**
   * Makes the instance of a class. By default `new` without arguments; with a container it is, for example,
   * `(type) => container.resolve(type)`.
   */
  readonly resolve?: ((type: Newable) => object) | undefined;
}

/** Collects sources and makes their workers. Starts nothing. */
export class WorkerRegistry {
  readonly #resolve: (type: Newable) => object;
  readonly #sources: unknown[] = [];
  readonly #instances = new Map<Newable, object>();
  /** What has been read of each source: a second look must neither make its instance again nor ask a configurer again. */
  readonly #found = new Map<unknown, FoundWorker[]>();
  #workers: readonly DeclarativeWorker[] | undefined;

  constructor({ resolve = construct }: WorkerRegistryOptions = {}) {
    this.#resolve = resolve;
  }

  /**
   * Adds sources: classes with decorated methods, instances of such, {@link WorkerConfigurer}s as classes or instances, and
   * {@link DeclarativeWorker}s with a name. What is wrong with them is told when {@link workers} is read.
   */
  provide(...sources: object[]): this {
    for (const source of sources) this.#sources.push(source);
    this.#workers = undefined;
    return this;
  }

  /**
   * The workers of all sources, in the order provided. The instance of a class is made when this is first read, once.
   * @throws BootstrapError with everything that is wrong
   */
  get workers(): readonly DeclarativeWorker[] {
    return (this.#workers ??= this.#build());
  }

  /**
   * The workers of one source more. The instance of a class is the one that there is, if it was made before.
   * @param beside the workers whose names are taken
   * @internal
   */
  read(source: object, beside: readonly DeclarativeWorker[], problems: Problems): readonly DeclarativeWorker[] {
    const found = workersOf(source, this.#instanceOf, problems);
    const known = beside.map((worker) => ({ worker, origin: "a worker that is there already" }));
    reportNameClashes([...known, ...found], problems);
    return found.map(({ worker }) => worker);
  }

  #build(): readonly DeclarativeWorker[] {
    const problems = new Problems();
    const found: FoundWorker[] = [];
    const seen = new Set<unknown>();
    for (const source of this.#sources) {
      if (seen.has(source)) problems.add(`${sourceName(source)} is given twice: give it once`);
      else for (const worker of this.#read(source, problems)) found.push(worker);
      seen.add(source);
    }
    reportNameClashes(found, problems);
    if (problems.count > 0) throw problems.toError();
    return found.map(({ worker }) => worker);
  }

  #read(source: unknown, problems: Problems): FoundWorker[] {
    const known = this.#found.get(source);
    if (known !== undefined) return known;
    const before = problems.count;
    const found = workersOf(source, this.#instanceOf, problems);
    if (problems.count === before) this.#found.set(source, found);
    return found;
  }

  readonly #instanceOf = (type: Newable): object => {
    const known = this.#instances.get(type);
    if (known !== undefined) return known;
    if (typeof this.#resolve !== "function") {
      throw new InvalidArgumentError(
        `it cannot be made, as the option resolve is ${inspect(this.#resolve)}: give a function of the class`,
      );
    }
    const instance: unknown = this.#resolve(type);
    if (typeof instance !== "object" || instance === null || "then" in instance) {
      throw new InvalidArgumentError(`resolve returned ${inspect(instance, { depth: 0 })}: it must return the instance itself`);
    }
    this.#instances.set(type, instance);
    return instance;
  };
}

function reportNameClashes(found: readonly FoundWorker[], problems: Problems): void {
  const origins = new Map<string, string>();
  for (const { worker, origin } of found) {
    if (worker.name === undefined) continue;
    const other = origins.get(worker.name);
    if (other === undefined) origins.set(worker.name, origin);
    else
      problems.add(
        `${other} and ${origin} are both named "${worker.name}": give one another name, for example with @Named((self) => …)`,
      );
  }
}
