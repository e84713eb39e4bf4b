import {
  DeclarativeWorker,
  group,
  Named,
  named,
  Repeat,
  Retry,
  RetryJob,
  type RunnerOptions,
  repeat,
  retry,
  Timeout,
  Worker,
  type WorkerContext,
} from "watchbill";
import type { Environment } from "./environment.js";
import { type Random, times } from "./random.js";
import { RunLog } from "./run-log.js";
import { RunnerUnderTest, Slot, type SourceFactory, TrackedWorker } from "./runner-under-test.js";
import { type Behavior, WorkerCode } from "./worker-code.js";
import * as workloads from "./workloads.js";

const { backoff, randomInterval, timeout } = workloads;

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
    const isSingle = number % 8 !== 0;
    const workload = random.pick(workloads.shares);
    const [name, create] = isSingle ? [workload, single(workload, false)] : random.oneOf(compounds);
    slots.push(new Slot(`${name}-${number}`, create, random, environment));
    count += isSingle ? 1 : 4;
  }
  return [new RunnerUnderTest(slots, environment, options), ...nested];
}

/** Creates a runner that fails as a whole from time to time. */
function createNestedRunner(random: Random, environment: Environment, { logger }: RunnerOptions): RunnerUnderTest {
  const singles = [...Array.from({ length: 8 }, () => random.pick(workloads.shares)), "givingUp"] as const;
  const slots = singles.map((name, index) => new Slot(`${name}-${index + 1}`, single(name, true), random, environment));
  slots.push(new Slot("grouped-10", service(GroupedService, true), random, environment));
  return new RunnerUnderTest(slots, environment, { logger, stopOrder: random.oneIn(2) ? "reverse" : "all" });
}

/** A runner as a worker of another runner. */
function nestedRunner({ runner, probeLog }: RunnerUnderTest): SourceFactory {
  return (name) => ({
    source: new DeclarativeWorker({ name, worker: runner, retry: backoff, shutdownTimeout: "1s" }),
    workers: [new TrackedWorker(name, [probeLog], { counts: "none", isContinuous: true, stopsWithOthers: false })],
  });
}

function single(workload: workloads.WorkloadName, stopsWithOthers: boolean): SourceFactory {
  return (name, random, environment) => {
    const behavior: workloads.Workload = workloads.workloads[workload];
    const code = createCode(name, behavior, random, environment);
    const declared = behavior.declare(random);
    const isContinuous = declared.repeat === undefined;
    const source = new DeclarativeWorker({ name, ...declared, [isContinuous ? "worker" : "job"]: code.run });
    const counts = declared.retryJob === undefined ? "equal" : "at most";
    const traits = { counts, isContinuous, stopsWithOthers, timeout: source.timeout } as const;
    return { source, workers: [new TrackedWorker(name, [code.log], traits)] };
  };
}

/** One worker composed of nested groups. If `b` fails, `b` and `c` restart; if `a` fails, or `b` too often, all restart. */
const composed: SourceFactory = (name, random, environment) => {
  const forever: Behavior = { outcomes: [times(1, workloads.serveForever)] };
  const a = createCode(`${name}/a`, forever, random, environment);
  const b = createCode(`${name}/b`, forever, random, environment);
  const c = createCode(`${name}/c`, { outcomes: [times(20, workloads.work), times(1, workloads.hang)] }, random, environment);
  const job = retry(repeat(randomInterval(random), c.run, { startImmediately: true }), backoff);
  const inner = retry(group(named(b.run, "b"), named(job, "c")), { backoff, maxRestarts: 5 });
  const source = new DeclarativeWorker({ name, worker: group(named(a.run, "a"), inner), retry: backoff });
  const traits = { counts: "none", isContinuous: true, stopsWithOthers: false } as const;
  return { source, workers: [new TrackedWorker(name, [a.log, b.log, c.log], traits)] };
};

/** An instance of a class with several workers. */
function service(type: typeof Service, isInNestedRunner: boolean): SourceFactory {
  return (name, random, environment) => {
    const behaviors: Readonly<Record<Method, Behavior>> = type === GroupedService ? workloads.groupMethods : workloads.methods;
    const codeOf = (method: Method): WorkerCode => createCode(`${name}/${method}`, behaviors[method], random, environment);
    const code = { listen: codeOf("listen"), poll: codeOf("poll"), sync: codeOf("sync"), send: codeOf("send") };
    const job = { stopsWithOthers: isInNestedRunner || type === GroupedService, isContinuous: false };
    const workers = [
      new TrackedWorker(`${name}/listen`, [code.listen.log], { ...job, isContinuous: true }),
      new TrackedWorker(`${name}/poll`, [code.poll.log], { ...job, timeout }),
      new TrackedWorker(`${name}/sync`, [code.sync.log], job),
      new TrackedWorker(`${name}/send`, [code.send.log], { ...job, counts: "at most" }),
    ];
    return { source: new type(name, randomInterval(random), code), workers };
  };
}

type Method = keyof typeof workloads.methods;

/** A class with several workers, each of which is restarted alone. */
@Named((self: Service) => self.name)
class Service {
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
  @Retry(backoff)
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
  @Worker
  override listen(context: WorkerContext) {
    return super.listen(context);
  }

  @Repeat((self: GroupedService) => self.interval, { startImmediately: true })
  @Timeout(timeout)
  @Retry({ backoff, maxRestarts: 1 })
  override poll(context: WorkerContext) {
    return super.poll(context);
  }
}

const compounds: readonly (readonly [name: string, create: SourceFactory])[] = [
  ["service", service(Service, false)],
  ["grouped", service(GroupedService, false)],
  ["composed", composed],
];

function createCode(name: string, behavior: Behavior, random: Random, environment: Environment): WorkerCode {
  return new WorkerCode(new RunLog(name, environment.runLogs), random.fork(), environment, behavior);
}
