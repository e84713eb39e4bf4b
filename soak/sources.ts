import {
  DeclarativeWorker,
  group,
  Named,
  named,
  Repeat,
  Retry,
  RetryJob,
  repeat,
  retry,
  Worker,
  type WorkerContext,
} from "watchbill";
import type { Environment } from "./environment.js";
import { times, type Weighted } from "./random.js";
import { RunnerUnderTest, Slot, type SourceFactory, TrackedWorker } from "./runner-under-test.js";
import { backoff, randomInterval, retryJob, WorkerCode, type Workload, workloads } from "./workloads.js";

const workersPerNestedRunner = 400;

/**
 * Creates runners with about that many workers of every kind; the same ones for the same randomness. The first is the outermost
 * runner. The others run inside it, and fail as a whole from time to time.
 */
export function createRunners(workers: number, environment: Environment): readonly [RunnerUnderTest, ...RunnerUnderTest[]] {
  const { random } = environment;
  const slotOf = ([name, create]: Kind, index: number): Slot => new Slot(`${name}-${index + 1}`, create, environment);
  const nested = Array.from({ length: Math.max(1, Math.round(workers / workersPerNestedRunner)) }, () => {
    const chosen = [...Array.from({ length: 8 }, () => random.pick(kinds)), givingUp];
    const stopOrder = random.oneIn(2) ? "reverse" : "all";
    return new RunnerUnderTest(chosen.map(slotOf), true, environment, { stopOrder });
  });
  const slots = nested.map((runner, index) => slotOf(["nested", nestedRunner(runner)], index));
  for (let count = 0; count < workers; count += slots.at(-1)?.workers.length ?? 0)
    slots.push(slotOf(random.pick(kinds), slots.length));
  return [new RunnerUnderTest(slots, false, environment, { signals: ["SIGTERM"] }), ...nested];
}

/** A runner as a worker of another runner. */
function nestedRunner({ runner, probeLog }: RunnerUnderTest): SourceFactory {
  return (name) => ({
    source: new DeclarativeWorker({ name, worker: runner, retry: backoff, shutdownTimeout: "1s" }),
    workers: [new TrackedWorker(name, probeLog, { counts: "none", isContinuous: true })],
  });
}

function single(workload: Workload): SourceFactory {
  return (name, environment) => {
    const { repeat, timeout, options } = workload;
    const code = new WorkerCode(name, workload, environment);
    const declared = { name, timeout, retry: backoff, ...options };
    const source = new DeclarativeWorker(
      repeat === undefined
        ? { ...declared, worker: code.run }
        : { ...declared, job: code.run, repeat: repeat(environment.random) },
    );
    return { source, workers: [new TrackedWorker(name, code, workload)] };
  };
}

/** One worker composed of nested groups: if `b` fails, `b` and `c` restart; if `a` fails, or `b` too often, all restart. */
const composed: SourceFactory = (name, environment) => {
  const a = new WorkerCode(`${name}/a`, workloads.continuous, environment);
  const b = new WorkerCode(`${name}/b`, workloads.continuous, environment);
  const c = new WorkerCode(`${name}/c`, workloads.hanging, environment);
  const job = retry(repeat(randomInterval(environment.random), c.run, { startImmediately: true }), backoff);
  const inner = retry(group(named(b.run, "b"), named(job, "c")), { backoff, maxRestarts: 5 });
  const source = new DeclarativeWorker({ name, worker: group(named(a.run, "a"), inner), retry: backoff });
  return { source, workers: [new TrackedWorker(name, c, { counts: "none", isContinuous: true }, [a, b, c])] };
};

/** An instance of a class with several workers. */
const service: SourceFactory = (name, environment) => {
  const listen = new WorkerCode(`${name}/listen`, workloads.continuous, environment);
  const sync = new WorkerCode(`${name}/sync`, workloads.retrying, environment);
  const workers = [listen, sync].map((code) => new TrackedWorker(code.name, code, { ...code.workload, isInGroup: true }));
  return { source: new Service(name, listen, sync), workers };
};

/** When one of its workers has failed more than once in a row, both are restarted together. */
@Named((self: Service) => self.name)
@Retry(backoff)
class Service {
  constructor(
    readonly name: string,
    private readonly listenCode: WorkerCode,
    private readonly syncCode: WorkerCode,
  ) {}

  @Worker
  @Retry({ backoff, maxRestarts: 1 })
  listen(context: WorkerContext) {
    return this.listenCode.run(context);
  }

  @Repeat("500ms", { startImmediately: true })
  @RetryJob(retryJob)
  @Retry({ backoff, maxRestarts: 1 })
  sync(context: WorkerContext) {
    return this.syncCode.run(context);
  }
}

/** Gives up after a few failures, which fails the runner around it. */
const givingUp: Kind = ["givingUp", single({ ...workloads.failing, options: { retry: { backoff, maxRestarts: 3 } } })];

/** A kind of source, by its name. */
type Kind = readonly [name: string, create: SourceFactory];

const kinds: readonly Weighted<Kind>[] = [
  ...Object.entries(workloads).map(([name, workload]) => times<Kind>(workload.share, [name, single(workload)])),
  times<Kind>(4, ["service", service]),
  times<Kind>(2, ["composed", composed]),
];
