import { inspect } from "node:util";
import fc from "fast-check";
import {
  type Backoff,
  DeclarativeWorker,
  type DeclarativeWorkerOptions,
  group,
  Named,
  named,
  Retry,
  type RetryOptions,
  type Runner,
  type RunnerOptions,
  repeat,
  retry,
  type WorkerContext,
} from "watchbill";
import { interrupt } from "./interruptions.js";

/** What a runner is made with: the code behind a name, and the runner in a runner. */
export interface SourceContext {
  readonly codeOf: (name: string) => (context: WorkerContext) => unknown;
  readonly within: (sources: readonly object[], options: RunnerOptions) => Runner;
}

/** One source of a runner, and how it looks in a message. */
export class Source {
  readonly name: string;
  readonly declare: (context: SourceContext) => object;
  readonly #shown: string;

  constructor(name: string, shown: object, declare: (context: SourceContext) => object) {
    this.name = name;
    this.declare = declare;
    this.#shown = `${name} ${inspect(shown, { depth: 9, breakLength: Number.POSITIVE_INFINITY })}`;
  }

  toString(): string {
    return this.#shown;
  }
}

const sleep = fc.constantFrom(1_000, 0, 1, 30_000);

const policy: fc.Arbitrary<RetryOptions> = fc
  .record({
    sleep,
    limit: fc.option(
      fc.record(
        { maxRestarts: fc.integer({ min: 0, max: 3 }), within: fc.constantFrom(10_000, 60_000) },
        { requiredKeys: ["maxRestarts"] },
      ),
      { nil: undefined },
    ),
  })
  .map(({ limit, sleep }) => ({ backoff: new InterruptedBackoff(sleep), ...limit, retryIf }));

const retryIf = (): boolean => {
  interrupt("retryIf");
  return true;
};

class InterruptedBackoff implements Backoff {
  readonly #sleep: number;

  constructor(sleep: number) {
    this.#sleep = sleep;
  }

  duration(): number {
    interrupt("backoff");
    return this.#sleep;
  }

  [inspect.custom](): string {
    return `a backoff of ${this.#sleep}`;
  }
}

const patience = fc.constantFrom(0, 500, 20_000, 90_000);
const common = { retry: fc.option(policy, { nil: undefined, freq: 4 }), shutdownTimeout: patience };
const refinements = {
  ...common,
  timeout: fc.constantFrom(1, 2_000, 15_000),
  retryJob: fc.record({
    backoff: sleep.map((ms) => new InterruptedBackoff(ms)),
    retryIf: fc.constant(retryIf),
    maxAttempts: fc.integer({ min: 1, max: 3 }),
  }),
};

class Every {
  readonly #ms: number;
  readonly #last: number;

  constructor(ms: number, last: number) {
    this.#ms = ms;
    this.#last = last;
  }

  next(after: Date): Date | null {
    interrupt("schedule");
    const next = (Math.floor(after.getTime() / this.#ms) + 1) * this.#ms;
    return next > this.#last ? null : new Date(next);
  }

  [inspect.custom](): string {
    return `every ${this.#ms} until ${this.#last}`;
  }
}

type Refined = Omit<DeclarativeWorkerOptions, "name" | "job" | "worker">;

const refined = {
  loop: fc.record<Refined>({ ...common, restart: fc.constant("on-failure" as const) }, { requiredKeys: ["retry"] }),
  job: fc.record<Refined>(
    {
      ...refinements,
      repeat: fc.record({ interval: fc.constantFrom(10_000, 3_001, 1), startImmediately: fc.boolean() }),
    },
    { requiredKeys: ["repeat", "retry"] },
  ),
  cron: fc.record<Refined>(
    {
      ...refinements,
      repeat: fc.tuple(fc.constantFrom(7_000, 100_000), fc.constantFrom(1e13, 30_000)).map(([ms, last]) => new Every(ms, last)),
    },
    { requiredKeys: ["repeat", "retry"] },
  ),
};

/** A single worker; `path` is what its code is known by. */
function single(kind: keyof typeof refined, name: string, path = name): fc.Arbitrary<Source> {
  return refined[kind].map((options) => {
    const declare = ({ codeOf }: SourceContext) =>
      new DeclarativeWorker({ name, ...options, [kind === "loop" ? "worker" : "job"]: codeOf(path) });
    return new Source(name, options, declare);
  });
}

function classOf(name: string, isRestarted: boolean, ...members: fc.Arbitrary<Source>[]): fc.Arbitrary<Source> {
  return fc
    .tuple(
      policy,
      fc.tuple(...members).chain((all) => fc.subarray(all, { minLength: 1 })),
    )
    .map(([retried, some]) => {
      const declareAll = (context: SourceContext) => some.map((member) => member.declare(context));
      return new Source(name, { retry: isRestarted ? retried : undefined, workers: some.map(String) }, (context) => {
        @Named(name)
        class Apart {
          readonly workers = () => declareAll(context);
        }
        @Named(name)
        @Retry(retried)
        class Together {
          readonly workers = () => declareAll(context);
        }
        return isRestarted ? new Together() : new Apart();
      });
    });
}

const tree = fc
  .record({ whole: policy, rest: policy, last: policy, shutdownTimeout: patience }, { requiredKeys: ["rest", "last"] })
  .map((options) => {
    const { whole, rest, last, shutdownTimeout } = options;
    return new Source("tree", options, ({ codeOf }) => {
      const inner = retry(group(codeOf("tree/b"), retry(repeat(5_000, codeOf("tree/c")), last)), rest);
      const worker = group(named(codeOf("tree/a"), "a"), inner);
      return new DeclarativeWorker({ name: "tree", worker, retry: whole, shutdownTimeout });
    });
  });

const nested = fc
  .record({
    outside: fc.record<Refined>(common, { requiredKeys: ["retry"] }),
    inside: fc.record<RunnerOptions>(
      { shutdownTimeout: patience, stopOrder: fc.constantFrom("all" as const, "reverse" as const) },
      { requiredKeys: [] },
    ),
    inner: fc
      .tuple(
        classOf("Inner", true, single("loop", "loop", "Inner/loop"), single("job", "job", "Inner/job")),
        single("loop", "single"),
      )
      .chain((all) => fc.subarray(all, { minLength: 1 })),
  })
  .map(({ outside, inside, inner }) => {
    return new Source("nested", { outside, inside, inner: inner.map(String) }, (context) => {
      const worker = context.within(
        inner.map((source) => source.declare(context)),
        inside,
      );
      return new DeclarativeWorker({ name: "nested", ...outside, worker });
    });
  });

/** The workers of the runner within the runner. */
export const innerActors = ["Inner/loop", "Inner/job", "single"];

/** All sources. */
export const sources = {
  Feed: classOf(
    "Feed",
    true,
    single("loop", "loop", "Feed/loop"),
    single("job", "job", "Feed/job"),
    single("cron", "cron", "Feed/cron"),
    single("loop", "other", "Feed/other"),
  ),
  Plain: classOf("Plain", false, single("loop", "loop", "Plain/loop"), single("job", "job", "Plain/job")),
  job: single("job", "job"),
  loop: single("loop", "loop"),
  cron: single("cron", "cron"),
  tree,
  nested,
};

export type Name = keyof typeof sources;

/** The workers of each source that have code. */
export const actorsOf: Record<Name, readonly string[]> = {
  Feed: ["Feed/loop", "Feed/job", "Feed/cron", "Feed/other"],
  Plain: ["Plain/loop", "Plain/job"],
  job: ["job"],
  loop: ["loop"],
  cron: ["cron"],
  tree: ["tree/a", "tree/b", "tree/c"],
  nested: innerActors,
};

export interface Setup {
  readonly sources: readonly Source[];
  readonly actors: readonly string[];
  readonly options: RunnerOptions;
}

const eagerRetry = { backoff: new InterruptedBackoff(0), retryIf };

/** Workers that call every site soon, and again and again. */
export const eager: Setup = {
  sources: [
    new Source("job", {}, ({ codeOf }) => {
      const repeat = { interval: 1, startImmediately: true };
      return new DeclarativeWorker({ name: "job", job: codeOf("job"), repeat, retry: eagerRetry, timeout: 1 });
    }),
    new Source("cron", {}, ({ codeOf }) => {
      const retryJob = { ...eagerRetry, maxAttempts: 2 };
      return new DeclarativeWorker({
        name: "cron",
        job: codeOf("cron"),
        repeat: new Every(1, 1e13),
        retryJob,
        retry: eagerRetry,
      });
    }),
    new Source("loop", {}, ({ codeOf }) => new DeclarativeWorker({ name: "loop", worker: codeOf("loop"), retry: eagerRetry })),
  ],
  actors: ["job", "cron", "loop"],
  options: {},
};

/** What code does when it is called. */
export const modes = [
  ...(["waits", "hangs", "returns", "resolves", "throws", "rejects", "is done", "lingers"] as const),
  ...(["fails when stopped", "is done when stopped", "stops all when stopped"] as const),
  ...(["restarts itself", "pauses itself", "removes itself", "triggers itself", "stops itself"] as const),
  ...(["restarts itself when stopped", "pauses itself when stopped", "removes itself when stopped"] as const),
  ...(["restarts Feed/loop", "pauses loop", "triggers Feed/job", "removes Feed/loop", "stops all"] as const),
] as const;

/** What it does before it returns a promise, or instead of that. */
export const synchronousModes = [
  ...(["reports a problem", "reports its health", "reports a problem when stopped", "reports its health when stopped"] as const),
  ...(["reports a problem and returns", "reports its health and throws", "reports a problem and is done"] as const),
  ...(["restarts itself and returns", "restarts itself and throws", "pauses itself and returns"] as const),
  ...(["pauses itself and throws", "removes itself and returns", "removes itself and is done"] as const),
  ...(["triggers itself and returns", "triggers itself and throws", "stops itself and returns"] as const),
  ...(["restarts Feed/loop and returns", "triggers Feed/job and throws", "pauses loop and returns"] as const),
] as const;
export type Mode = (typeof modes)[number] | (typeof synchronousModes)[number];
export type Ending = "returns" | "fails" | "is done" | "stops all";
