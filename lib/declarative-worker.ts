import type { Backoff } from "./backoff/backoff.js";
import type { Job, JobFunc } from "./chain/job.js";
import { jobDefinition } from "./chain/job-definition.js";
import { MonitorTask } from "./chain/monitor-task.js";
import { parseName } from "./chain/named.js";
import type { NamedTask } from "./chain/named-task.js";
import { RepeatDefinition } from "./chain/repeat.js";
import { declaredRepetition, describeRepetition, type RepeatDeclaration, type Repetition } from "./chain/repetition.js";
import { CompletingDefinition, parseRestart, type Restart } from "./chain/restart.js";
import { RetryDefinition } from "./chain/retry.js";
import { RetryJobDefinition, type RetryJobOptions, type RetryJobPolicy, retryJobPolicy } from "./chain/retry-job.js";
import { type RetryOptions, type RetryPolicy, retryPolicy } from "./chain/retry-policy.js";
import { parseLimit, TimeoutDefinition } from "./chain/timeout.js";
import type { Worker, WorkerFunc } from "./chain/worker.js";
import { WorkerDefinition, workerDefinition } from "./chain/worker-definition.js";
import { DistributedDefinition } from "./distributed/distributed.js";
import { checkOptions } from "./errors/check-options.js";
import { InvalidArgumentError } from "./errors/invalid-argument-error.js";
import { isInstanceOf, readProperty } from "./errors/read-value.js";
import { describeKind, showUnlessText } from "./errors/show-value.js";
import type { Task } from "./runtime/task.js";
import { initialStatus, type WorkerStatus } from "./runtime/worker-status.js";
import { type Duration, parseOption } from "./timers/duration.js";

/**
 * The workers of one source. If it has a retry, they are restarted together when one of them has failed and is not retried by
 * itself.
 */
export interface WorkerGroup {
  readonly name: string;
  readonly retry: Backoff | RetryOptions | undefined;
}

/** Either a worker, or a job and how it is repeated. The other options refine it. */
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
  /** How long the worker may take to stop before it is reported as hung. The runner's by default. */
  readonly shutdownTimeout?: Duration | undefined;
  /** Whether only one replica of the service runs it at a time. `false` by default. */
  readonly distributed?: boolean | undefined;
  /**
   * The source of the worker, the same object for all workers of that source. Set at bootstrap.
   * @internal
   */
  readonly group?: WorkerGroup | undefined;
}

/** The fields of a {@link DeclarativeWorker}, checked and parsed. */
export type DeclaredFields = {
  readonly [Option in keyof DeclarativeWorkerOptions]?: DeclarativeWorker[Option] | undefined;
} & {
  /** What `retry` was parsed to, if it has been parsed. */
  readonly retryPolicy?: RetryPolicy | undefined;
  /** What `retryJob` was parsed to, if it has been parsed. */
  readonly retryJobPolicy?: RetryJobPolicy | undefined;
};

// In the registry of symbols, so that another copy of this library knows it.
const brand = Symbol.for("watchbill:DeclarativeWorker");

/**
 * A worker that is declared by its fields. Its chain of definitions is always in the one order that makes sense, whatever the
 * order of the fields: named → health → distributed → retry → repeat → timeout → retryJob → the job.
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
  /** In ms. Absent unless it was declared. */
  readonly shutdownTimeout?: number;
  /** Absent unless it is `true`. */
  readonly distributed?: true;
  readonly #group: WorkerGroup | undefined;
  readonly #chain: WorkerDefinition;

  static {
    Object.defineProperty(this.prototype, brand, { value: true });
  }

  /**
   * Returns the worker itself if it is of this copy of the library. One of another copy is rebuilt from its fields, with the same
   * jobs and backoffs.
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
   * Whether it is one, of this or another copy of the library.
   * @internal
   */
  static isOne(value: unknown): value is DeclarativeWorkerOptions {
    return isInstanceOf(value, DeclarativeWorker) || isForeign(value);
  }

  /** @internal */
  constructor(declaration: Declaration);
  /** @throws InvalidArgumentError if an option is malformed or does not exist, or if together they do not make one worker */
  constructor(options: DeclarativeWorkerOptions);
  constructor(options: DeclarativeWorkerOptions | Declaration) {
    super();
    const declaration = isInstanceOf(options, Declaration)
      ? options
      : new Declaration(parseOptions(checkOptions("DeclarativeWorker", options, optionNames)));
    const { fields, chain } = declaration;
    this.name = fields.name;
    this.worker = fields.worker;
    this.restart = fields.restart;
    this.job = fields.job;
    this.repeat = fields.repeat;
    this.retry = fields.retry;
    this.timeout = fields.timeout;
    this.retryJob = fields.retryJob;
    if (fields.shutdownTimeout !== undefined) this.shutdownTimeout = fields.shutdownTimeout;
    if (fields.distributed !== undefined) this.distributed = fields.distributed;
    this.#group = fields.group;
    this.#chain = chain;
  }

  /**
   * Returns the same worker under another name, in a group.
   * @internal
   */
  inGroup(group: WorkerGroup, name: string): DeclarativeWorker {
    return new DeclarativeWorker(changed(this, { group, name }, this.#chain));
  }

  /**
   * Returns the same worker with a retry. Returns this one if there is a retry already, its own or its group's, or if it has
   * `restart: "never"`.
   * @internal
   */
  withDefaultRetry(retry: Backoff | RetryOptions | undefined): DeclarativeWorker {
    const hasRetry = this.hasRetry || this.group?.retry !== undefined;
    if (retry === undefined || hasRetry || this.restart === "never") return this;
    return new DeclarativeWorker(changed(this, { retry }, withRetry(this.#chain, this.distributed, retryPolicy(retry))));
  }

  /** The source of the worker, and how that is restarted; undefined if the worker is a source itself. */
  get group(): WorkerGroup | undefined {
    return this.#group;
  }

  /**
   * Returns its row in the status of a runner before it has been started.
   * @internal
   */
  initialStatus(): WorkerStatus {
    const status = initialStatus(this.label);
    const { repetition } = this.#chain;
    status.group = this.#group?.name ?? null;
    if (repetition !== undefined) status.schedule = describeRepetition(repetition);
    if (this.distributed === true) status.holder = null;
    return status;
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

/** What is declared of a worker, and the chain of definitions that it makes. */
export class Declaration {
  readonly fields: DeclaredFields;
  readonly chain: WorkerDefinition;

  /**
   * @param chain if it has been built already
   * @throws InvalidArgumentError if the fields together do not make one worker
   */
  constructor(fields: DeclaredFields, chain = buildChain(fields)) {
    this.fields = fields;
    this.chain = chain;
  }
}

function isForeign(value: unknown): value is DeclarativeWorkerOptions {
  return typeof value === "object" && readProperty(value, brand) === true;
}

/** Parses every option. The two policies are parsed when the chain is built. */
function parseOptions(options: DeclarativeWorkerOptions): Required<Pick<DeclaredFields, keyof DeclarativeWorkerOptions>> {
  return {
    name: optional(options.name, parseName),
    worker: options.worker,
    restart: optional(options.restart, parseRestart),
    job: options.job,
    repeat: optional(options.repeat, declaredRepetition),
    retry: options.retry,
    timeout: optional(options.timeout, parseLimit),
    retryJob: options.retryJob,
    shutdownTimeout: optional(options.shutdownTimeout, parseShutdownTimeout),
    distributed: optional(options.distributed, parseDistributed),
    group: options.group,
  };
}

const optionNames = Object.keys(parseOptions({}));

function optional<Value, Parsed>(value: Value | undefined, parse: (value: Value) => Parsed): Parsed | undefined {
  return value === undefined ? undefined : parse(value);
}

function parseShutdownTimeout(timeout: unknown): number {
  return parseOption("shutdownTimeout", timeout);
}

function parseDistributed(value: unknown): true | undefined {
  if (typeof value === "boolean") return value || undefined;
  throw new InvalidArgumentError(`distributed is ${showUnlessText(value)}: use true or false`);
}

function buildChain(fields: DeclaredFields): WorkerDefinition {
  const worker = fields.worker === undefined ? repeatedJob(fields) : continuousWorker(fields.worker, fields);
  const { retry, retryPolicy: policy = optional(retry, (given) => retryPolicy(given)) } = fields;
  const retried = policy === undefined ? worker : new RetryDefinition(worker, policy);
  return fields.distributed === true ? new DistributedDefinition(retried) : retried;
}

/**
 * The declaration of a worker with some fields replaced. A function, since a private method would cost memory in every worker.
 */
function changed(worker: DeclarativeWorker, changes: DeclaredFields, chain: WorkerDefinition): Declaration {
  return new Declaration(Object.assign({}, worker, { group: worker.group }, changes), chain);
}

/** Puts a retry where {@link buildChain} does, into a chain without one. */
function withRetry(chain: WorkerDefinition, isDistributed: true | undefined, policy: RetryPolicy): WorkerDefinition {
  return isDistributed && chain instanceof DistributedDefinition
    ? new DistributedDefinition(new RetryDefinition(chain.subject, policy))
    : new RetryDefinition(chain, policy);
}

function continuousWorker(worker: Worker | WorkerFunc, fields: DeclaredFields): WorkerDefinition {
  if (fields.job !== undefined) {
    throw new InvalidArgumentError(`${subjectOf(fields)} has both a worker and a job: use one of them`);
  }
  const jobOption = (["repeat", "timeout", "retryJob"] as const).find((option) => fields[option] !== undefined);
  if (jobOption !== undefined) {
    throw new InvalidArgumentError(
      `${subjectOf(fields)} has ${jobOption} beside a worker: ${jobOption} is for jobs, so pass the function as its job`,
    );
  }
  const definition = workerDefinition(worker);
  const { restart = "always" } = fields;
  if (restart === "always") return definition;
  if (restart === "never" && fields.retry !== undefined) {
    throw new InvalidArgumentError(`${subjectOf(fields)} has restart "never" and a retry: leave one of them out`);
  }
  return new CompletingDefinition(definition);
}

function repeatedJob(fields: DeclaredFields): WorkerDefinition {
  const { job, repeat, timeout, retryJob } = fields;
  if (fields.restart !== undefined) {
    throw new InvalidArgumentError(
      `${subjectOf(fields)} has restart but no worker: a repeated job does not return, so leave it out`,
    );
  }
  if (job === undefined) {
    throw new InvalidArgumentError(`${subjectOf(fields)} has nothing to run: pass a worker, or a job and how to repeat it`);
  }
  if (repeat === undefined) {
    throw new InvalidArgumentError(
      `${subjectOf(fields)} has a job without repeat: say how often it runs, or pass it as its worker`,
    );
  }
  const definition = jobDefinition(job);
  const { retryJobPolicy: policy = optional(retryJob, (given) => retryJobPolicy(given)) } = fields;
  const retried = policy === undefined ? definition : new RetryJobDefinition(definition, policy);
  return new RepeatDefinition(repeat, timeout === undefined ? retried : new TimeoutDefinition(retried, timeout));
}

function subjectOf({ name }: DeclaredFields): string {
  return name === undefined ? "A worker without a name" : `The worker ${name}`;
}
