import {
  DeclarativeWorker,
  group,
  Named,
  named,
  Repeat,
  Retry,
  RetryJob,
  type RetryOptions,
  type RunnerOptions,
  repeat,
  retry,
  Timeout,
  Worker,
  type WorkerContext,
} from "watchbill";
import type { Environment } from "./environment.js";
import { type Random, times, type Weighted } from "./random.js";
import { RunnerUnderTest, Slot, type SourceFactory, TrackedWorker } from "./runner-under-test.js";
import { backoff, forever, methods, randomInterval, timeout, WorkerCode, type Workload, workloads } from "./workloads.js";

const workersPerNestedRunner = 400;

/**
 * Creates runners with about that many workers of every kind; the same ones for the same randomness. The first is the outermost
 * runner; the others run inside it.
 */
export function createRunners(
  workers: number,
  random: Random,
  environment: Environment,
  options: RunnerOptions,
): readonly [RunnerUnderTest, ...RunnerUnderTest[]] {
  const nested = Array.from({ length: Math.max(1, Math.round(workers / workersPerNestedRunner)) }, () =>
    createNestedRunner(random, environment, options),
  );
  const slots = nested.map((runner, index) => new Slot(`nested-${index + 1}`, nestedRunner(runner), random, environment));
  for (let count = 0, number = 1; count < workers; number++) {
    const [name, create] = random.pick(kinds);
    const slot = new Slot(`${name}-${number}`, create, random, environment);
    slots.push(slot);
    count += slot.workers.length;
  }
  return [new RunnerUnderTest(slots, false, environment, options), ...nested];
}

/** Creates a runner that fails as a whole from time to time. */
function createNestedRunner(random: Random, environment: Environment, { logger }: RunnerOptions): RunnerUnderTest {
  const chosen = [...Array.from({ length: 8 }, () => random.pick(singles)), givingUp, grouped];
  const slots = chosen.map(([name, create], index) => new Slot(`${name}-${index + 1}`, create, random, environment));
  return new RunnerUnderTest(slots, true, environment, { logger, stopOrder: random.oneIn(2) ? "reverse" : "all" });
}

/** A runner as a worker of another runner. */
function nestedRunner({ runner, probeLog }: RunnerUnderTest): SourceFactory {
  return (name) => ({
    source: new DeclarativeWorker({ name, worker: runner, retry: backoff, shutdownTimeout: "1s" }),
    workers: [new TrackedWorker(name, [probeLog], { counts: "none", isContinuous: true })],
  });
}

function single(workload: Workload): SourceFactory {
  return (name, random, environment) => {
    const { repeat, timeout, options } = workload;
    const code = new WorkerCode(name, workload, random, environment);
    const declared = { name, timeout, retry: backoff, ...options };
    const source = new DeclarativeWorker(
      repeat === undefined ? { ...declared, worker: code.run } : { ...declared, job: code.run, repeat: repeat(random) },
    );
    const counts = options?.retryJob === undefined ? "equal" : "at most";
    const traits = { counts, isContinuous: repeat === undefined, timeout } as const;
    return { source, workers: [new TrackedWorker(name, [code.log], traits)] };
  };
}

/** One worker composed of nested groups. If `b` fails, `b` and `c` restart; if `a` fails, or `b` too often, all restart. */
const composed: SourceFactory = (name, random, environment) => {
  const a = new WorkerCode(`${name}/a`, forever, random, environment);
  const b = new WorkerCode(`${name}/b`, forever, random, environment);
  const c = new WorkerCode(`${name}/c`, methods.sync, random, environment);
  const job = retry(repeat(randomInterval(random), c.run, { startImmediately: true }), backoff);
  const inner = retry(group(named(b.run, "b"), named(job, "c")), { backoff, maxRestarts: 5 });
  const source = new DeclarativeWorker({ name, worker: group(named(a.run, "a"), inner), retry: backoff });
  return { source, workers: [new TrackedWorker(name, [a.log, b.log, c.log], { counts: "none", isContinuous: true })] };
};

/** An instance of a class with several workers. */
function service(type: typeof Service): SourceFactory {
  return (name, random, environment) => {
    const isInGroup = type === GroupedService;
    const codeOf = (method: Method): WorkerCode => {
      const behavior = isInGroup && method === "listen" ? forever : methods[method];
      return new WorkerCode(`${name}/${method}`, behavior, random, environment);
    };
    const code = { listen: codeOf("listen"), poll: codeOf("poll"), sync: codeOf("sync"), send: codeOf("send") };
    const workers = [
      new TrackedWorker(`${name}/listen`, [code.listen.log], { isInGroup, isContinuous: true }),
      new TrackedWorker(`${name}/poll`, [code.poll.log], { isInGroup, timeout }),
      new TrackedWorker(`${name}/sync`, [code.sync.log], { isInGroup }),
      new TrackedWorker(`${name}/send`, [code.send.log], { isInGroup, counts: "at most" }),
    ];
    return { source: new type(name, randomInterval(random), code), workers };
  };
}

type Method = keyof typeof methods;

/** A class with several workers, each of which is restarted alone. */
@Named((self: Service) => self.name)
class Service {
  readonly pollRetry: RetryOptions = { backoff };

  constructor(
    readonly name: string,
    readonly interval: number,
    readonly code: Readonly<Record<Method, WorkerCode>>,
  ) {}

  @Worker
  @Retry(backoff)
  listen(context: WorkerContext) {
    return this.code.listen.run(context);
  }

  @Repeat((self: Service) => self.interval, { startImmediately: true })
  @Timeout(timeout)
  @Retry((self: Service) => self.pollRetry)
  poll(context: WorkerContext) {
    return this.code.poll.run(context);
  }

  @Repeat((self: Service) => self.interval, { startImmediately: true })
  @Retry(backoff)
  sync(context: WorkerContext) {
    return this.code.sync.run(context);
  }

  @Repeat((self: Service) => self.interval, { startImmediately: true })
  @RetryJob({ backoff, maxAttempts: 3 })
  @Retry(backoff)
  send(context: WorkerContext) {
    return this.code.send.run(context);
  }
}

/** The same as a group: all are restarted together when `listen` fails, or when `poll` has failed too often. */
@Named((self: GroupedService) => self.name)
@Retry(backoff)
class GroupedService extends Service {
  override readonly pollRetry = { backoff, maxRestarts: 1 };

  @Worker
  override listen(context: WorkerContext) {
    return super.listen(context);
  }
}

type Kind = readonly [name: string, create: SourceFactory];

const givingUp: Kind = ["givingUp", single(workloads.givingUp)];
const grouped: Kind = ["grouped", service(GroupedService)];
const compounds: readonly Kind[] = [grouped, ["service", service(Service)], ["composed", composed]];

const singles: readonly Weighted<Kind>[] = Object.entries(workloads).map(([name, workload]) =>
  times(workload.share, [name, single(workload)]),
);
const kinds: readonly Weighted<Kind>[] = [...singles, ...compounds.map((kind) => times(2, kind))];
