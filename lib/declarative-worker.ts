import type { Backoff } from "./backoff/backoff.js";
import type { Job, JobFunc } from "./chain/job.js";
import { jobDefinition } from "./chain/job-definition.js";
import { MonitorTask } from "./chain/monitor-task.js";
import { parseName } from "./chain/named.js";
import type { NamedTask } from "./chain/named-task.js";
import { RepeatDefinition } from "./chain/repeat.js";
import type { Repetition } from "./chain/repetition.js";
import { declaredRepetition, type RepeatDeclaration } from "./chain/repetition.js";
import { CompletingDefinition, parseRestart, type Restart } from "./chain/restart.js";
import { retry } from "./chain/retry.js";
import { type RetryJobOptions, retryJob } from "./chain/retry-job.js";
import type { RetryOptions } from "./chain/retry-policy.js";
import { parseLimit, timeout } from "./chain/timeout.js";
import type { Worker, WorkerFunc } from "./chain/worker.js";
import { WorkerDefinition, workerDefinition } from "./chain/worker-definition.js";
import { distributed } from "./distributed/distributed.js";
import { checkOptions } from "./errors/check-options.js";
import { describeKind, isInstanceOf, readProperty, showUnlessText } from "./errors/foreign-value.js";
import { InvalidArgumentError } from "./errors/invalid-argument-error.js";
import type { Task } from "./runtime/task.js";
import { type Duration, parseOption } from "./timers/duration.js";

/** The workers of one source. If it has a retry, they are restarted together when one of them is given up. */
export interface WorkerGroup {
  readonly name: string;
  readonly retry: Backoff | RetryOptions | undefined;
}

/** Either a worker, or a job and how it is repeated; the rest refines it. */
export interface DeclarativeWorkerOptions {
  readonly name?: string | undefined;
  readonly worker?: Worker | WorkerFunc | undefined;
  /** What the worker's normal return means. `"always"` by default. */
  readonly restart?: Restart | undefined;
  readonly job?: Job | JobFunc | undefined;
  readonly repeat?: RepeatDeclaration | undefined;
  readonly retry?: Backoff | RetryOptions | undefined;
  /** How long one run of the job may take, its retries included. */
  readonly timeout?: Duration | undefined;
  readonly retryJob?: Backoff | RetryJobOptions | undefined;
  /** How long it may take to stop before it is given up on and named. The runner's by default. */
  readonly shutdownTimeout?: Duration | undefined;
  /** Whether one process of a fleet runs it at a time. `false` by default. */
  readonly distributed?: boolean | undefined;
  /**
   * The source that it comes from, the same object for all of that. Given at bootstrap.
   * @internal
   */
  readonly group?: WorkerGroup | undefined;
}

const fields: Readonly<Record<keyof DeclarativeWorkerOptions, true>> = {
  name: true,
  worker: true,
  restart: true,
  job: true,
  repeat: true,
  retry: true,
  timeout: true,
  retryJob: true,
  shutdownTimeout: true,
  distributed: true,
  group: true,
};

const fieldNames = Object.keys(fields);

// In the registry of symbols, so that another copy of this library knows it.
const brand = Symbol.for("watchbill:DeclarativeWorker");

/**
 * A worker that is declared by its fields instead of being chained by hand. The links are always put together in the one order
 * that makes sense, whatever the order of the fields: named → health → distributed → retry → repeat → timeout → retryJob → the
 * job.
 *
 * The fields are what was declared, plain and comparable, so that a test can look at them.
 */
export class DeclarativeWorker extends WorkerDefinition {
  readonly name: string | undefined;
  readonly worker: Worker | WorkerFunc | undefined;
  readonly restart: Restart | undefined;
  readonly job: Job | JobFunc | undefined;
  readonly repeat: Repetition | undefined;
  readonly retry: Backoff | RetryOptions | undefined;
  /** In ms. */
  readonly timeout: number | undefined;
  readonly retryJob: Backoff | RetryJobOptions | undefined;
  /** In ms. Not there if it was not given. */
  readonly shutdownTimeout?: number;
  /** Not there if it is not. */
  readonly distributed?: true;
  readonly #group: WorkerGroup | undefined;
  readonly #chain: WorkerDefinition;

  static {
    Object.defineProperty(this.prototype, brand, { value: true });
  }

  /**
   * The worker itself if it is of this copy of the library; one of another copy is rebuilt from its fields, and so from its jobs
   * and backoffs themselves.
   * @throws InvalidArgumentError if it is not one, or has a field that this version does not know
   * @internal
   */
  static from(value: unknown): DeclarativeWorker {
    if (isInstanceOf(value, DeclarativeWorker)) return value;
    if (!isForeign(value)) throw new InvalidArgumentError(`${describeKind(value)} is not a DeclarativeWorker`);
    try {
      return new DeclarativeWorker(value);
    } catch (error) {
      if (!isInstanceOf(error, InvalidArgumentError)) throw error;
      throw new InvalidArgumentError(
        `A DeclarativeWorker of another copy of watchbill cannot be used with this one: ${error.message}; install one version only`,
        { cause: error },
      );
    }
  }

  /**
   * Whether it is one, be it of another copy of this library.
   * @internal
   */
  static isOne(value: unknown): value is DeclarativeWorkerOptions {
    return isInstanceOf(value, DeclarativeWorker) || isForeign(value);
  }

  /** @throws InvalidArgumentError if a field is malformed or does not exist, or they do not add up to one worker */
  constructor(declared: DeclarativeWorkerOptions) {
    const options = checkOptions("DeclarativeWorker", declared, fieldNames);
    super();
    this.name = options.name === undefined ? undefined : parseName(options.name);
    this.worker = options.worker;
    this.restart = options.restart === undefined ? undefined : parseRestart(options.restart);
    this.job = options.job;
    this.repeat = options.repeat === undefined ? undefined : declaredRepetition(options.repeat);
    this.retry = options.retry;
    this.timeout = options.timeout === undefined ? undefined : parseLimit(options.timeout);
    this.retryJob = options.retryJob;
    if (options.shutdownTimeout !== undefined) this.shutdownTimeout = parseOption("shutdownTimeout", options.shutdownTimeout);
    if (parseDistributed(options.distributed)) this.distributed = true;
    this.#group = options.group;
    this.#chain = workerDefinition(chain(this));
  }

  /**
   * The same worker with a retry, if it has none, neither by itself nor by its group, and may be restarted; this one otherwise.
   * @internal
   */
  withDefaultRetry(retry: Backoff | RetryOptions | undefined): DeclarativeWorker {
    const hasRetry = this.hasRetry || this.group?.retry !== undefined;
    if (retry === undefined || hasRetry || this.restart === "never") return this;
    return new DeclarativeWorker(Object.assign({}, this, { retry, group: this.group }));
  }

  /** The source that it came from, and how that is restarted; undefined, if it stands for itself. */
  get group(): WorkerGroup | undefined {
    return this.#group;
  }

  /** @internal */
  get label(): string {
    return this.name ?? this.#chain.label;
  }

  /** @internal */
  get isContinuous(): boolean {
    return this.#chain.isContinuous;
  }

  /** @internal */
  override get hasRetry(): boolean {
    return this.#chain.hasRetry;
  }

  /** @internal */
  override timeToStop(otherwise: number): number {
    return this.shutdownTimeout ?? this.#chain.timeToStop(otherwise);
  }

  /** @internal */
  get chain(): WorkerDefinition {
    return this.#chain;
  }

  /** @internal */
  override createTask(parent: Task): MonitorTask {
    return new MonitorTask(parent, this);
  }

  /** @internal */
  override createNamedTask(parent: Task, fallbackName: string): NamedTask<WorkerDefinition> {
    return this.label === "" ? super.createNamedTask(parent, fallbackName) : this.createTask(parent);
  }
}

function isForeign(value: unknown): value is DeclarativeWorkerOptions {
  return typeof value === "object" && readProperty(value, brand) === true;
}

function parseDistributed(value: unknown = false): boolean {
  if (typeof value === "boolean") return value;
  throw new InvalidArgumentError(`distributed is ${showUnlessText(value)}: give true or false`);
}

function chain(declared: DeclarativeWorker): Worker {
  const { retry: policy } = declared;
  const here = policy === undefined ? core(declared) : retry(core(declared), policy);
  return declared.distributed === true ? distributed(here) : here;
}

function core(declared: DeclarativeWorker): Worker {
  const { worker, job, repeat } = declared;
  if (job !== undefined && worker !== undefined) {
    throw new InvalidArgumentError(`${subjectOf(declared)} has both a worker and a job: give one of them`);
  }
  if (worker !== undefined) {
    const refiner = (["repeat", "timeout", "retryJob"] as const).find((field) => declared[field] !== undefined);
    if (refiner === undefined) return completing(workerDefinition(worker), declared);
    throw new InvalidArgumentError(
      `${subjectOf(declared)} has ${refiner} beside a worker: ${refiner} is for jobs, so give the function as its job`,
    );
  }
  if (declared.restart !== undefined) {
    throw new InvalidArgumentError(
      `${subjectOf(declared)} has restart but no worker: a repeated job does not return, so leave it out`,
    );
  }
  if (job === undefined) {
    throw new InvalidArgumentError(`${subjectOf(declared)} has nothing to run: give a worker, or a job and how to repeat it`);
  }
  if (repeat === undefined) {
    throw new InvalidArgumentError(
      `${subjectOf(declared)} has a job without repeat: say how often it runs, or give it as its worker`,
    );
  }
  return new RepeatDefinition(repeat, jobDefinition(refined(job, declared)));
}

function subjectOf({ name }: DeclarativeWorker): string {
  return name === undefined ? "A worker without a name" : `The worker ${name}`;
}

function completing(worker: WorkerDefinition, declared: DeclarativeWorker): WorkerDefinition {
  const { restart = "always", retry: policy } = declared;
  if (restart === "always") return worker;
  if (restart === "never" && policy !== undefined) {
    throw new InvalidArgumentError(`${subjectOf(declared)} has restart "never" and a retry: leave one of them out`);
  }
  return new CompletingDefinition(worker);
}

function refined(job: Job | JobFunc, { retryJob: policy, timeout: limit }: DeclarativeWorker): Job | JobFunc {
  const retried = policy === undefined ? job : retryJob(job, policy);
  return limit === undefined ? retried : timeout(retried, limit);
}
