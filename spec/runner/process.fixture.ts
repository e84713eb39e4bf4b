// A child process for process.spec.ts; the argument selects the scenario. Prints "ready" once its workers run.
import { bootstrap, Named, Repeat, Retry, StaticBackoff, stopped, Worker, type WorkerContext, wait } from "watchbill";

@Named("acme")
class Service {
  /** Waits only for its signal: no handle keeps the process alive. */
  @Worker
  listen({ signal }: WorkerContext) {
    setImmediate(() => console.log("ready"));
    return new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
  }
}

/** Polls as the documentation shows, without reading its signal. */
@Named("acme")
class Polling {
  @Worker
  async poll({ signal }: WorkerContext) {
    for (let polls = 1; ; polls++) {
      if (polls === 2) console.log("ready");
      await wait("5ms", { signal });
    }
  }
}

@Named("acme")
class Draining {
  @Worker
  async serve({ signal }: WorkerContext) {
    setImmediate(() => console.log("ready"));
    await stopped(signal);
    console.log("stopping");
    await wait("200ms");
    console.log("drained");
  }
}

@Named("acme")
class Triggered {
  @Repeat("1h")
  @Retry(new StaticBackoff({ sleep: "1h" }))
  fail() {
    throw new Error("no luck");
  }

  @Worker
  async operate() {
    void runner.trigger("acme/fail");
    await wait("20ms");
    void runner.stop();
  }
}

@Named("acme")
class Stubborn {
  @Worker
  ignore({ signal }: WorkerContext) {
    setImmediate(() => console.log("ready"));
    signal.addEventListener("abort", () => console.log("stopping"));
    return new Promise<void>(() => {});
  }
}

@Named("acme")
class Failing {
  @Worker
  async read() {
    throw new Error("disk full", { cause: new Error("no space left on /var") });
  }

  @Worker
  async write({ signal }: WorkerContext) {
    await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
    throw new Error("cannot flush");
  }
}

@Named("acme")
class Retried {
  attempts = 0;

  @Worker
  @Retry(new StaticBackoff({ sleep: 1 }))
  async read({ attempt }: WorkerContext) {
    if (attempt < 2) throw new Error(`attempt ${attempt} failed\u001b[31m`, { cause: new Error("no route") });
    void runner.stop();
  }
}

@Named("acme")
class Noisy {
  @Worker
  @Retry(new StaticBackoff({ sleep: 1 }))
  read({ attempt }: WorkerContext) {
    if (attempt === 20) console.log("ready");
    throw new Error("no route");
  }
}

const scenarios: Record<string, object> = {
  service: Service,
  polling: Polling,
  draining: Draining,
  triggered: Triggered,
  stubborn: Stubborn,
  hanging: Stubborn,
  failing: Failing,
  unawaited: Failing,
  retried: Retried,
  noisy: Noisy,
};

const [scenario = ""] = process.argv.slice(2);
const runner = bootstrap([scenarios[scenario] ?? {}], { shutdownTimeout: scenario === "hanging" ? 50 : "30s" });

if (scenario === "unawaited") {
  void runner.run();
} else {
  await runner.run();
  console.log("stopped");
}
