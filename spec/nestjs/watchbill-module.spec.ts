import { Controller, Injectable, Module, type OnApplicationBootstrap, type OnModuleDestroy } from "@nestjs/common";
import { Test } from "@nestjs/testing";
import { expect } from "chai";
import {
  BootstrapError,
  type Duration,
  InvalidArgumentError,
  Named,
  Repeat,
  Runner,
  StaticBackoff,
  Worker,
  type WorkerContext,
} from "watchbill";
import { InjectRunner, WatchbillModule } from "watchbill/nestjs";
import { silent } from "../dashboard/served.fixture.js";
import { closeApplications, errorOf, startApplication } from "./application.fixture.js";
import { RecordingNestLogger } from "./recording-nest-logger.fixture.js";

/** What happened, in order. */
let journal: string[] = [];

@Injectable()
class Mailer {
  @Repeat("1h", { startImmediately: true })
  async send({ signal }: WorkerContext) {
    journal.push("run starts");
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    // Whatever it still has to write takes some turns of the event loop.
    for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
    journal.push("run ends");
  }
}

@Controller("reports")
class ReportsController {
  @Worker
  async listen({ signal }: WorkerContext) {
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
  }
}

class Database implements OnModuleDestroy, OnApplicationBootstrap {
  onApplicationBootstrap() {
    journal.push("database is up");
  }
  onModuleDestroy() {
    journal.push("database closes");
  }
}

@Module({ providers: [Database] })
class DatabaseModule {}

@Module({ providers: [Mailer] })
class MailModule {}

const quiet = { logger: silent };

function namesIn(runner: Runner): string[] {
  return runner.workers.map(({ label }) => label);
}

describe("WatchbillModule", () => {
  beforeEach(() => (journal = []));

  afterEach(closeApplications);

  it("runs the decorated methods of providers and controllers of all modules, with nothing to register", async () => {
    const app = await startApplication({
      imports: [MailModule, WatchbillModule.forRoot(quiet)],
      controllers: [ReportsController],
    });
    const runner = app.get(Runner);
    expect(namesIn(runner)).to.have.members(["Mailer/send", "ReportsController/listen"]);
    expect(runner.state).to.equal("running");
    expect(journal).to.deep.equal(["run starts"]);
  });

  it("uses the instance that Nest has created", async () => {
    class Counter {
      readonly #step: number;
      constructor(step: number) {
        this.#step = step;
      }
      @Repeat("1h", { startImmediately: true })
      count() {
        journal.push(`step ${this.#step}`);
      }
    }
    const providers = [
      { provide: "step", useValue: 3 },
      { provide: Counter, inject: ["step"], useFactory: (step: number) => new Counter(step) },
    ];
    await startApplication({ imports: [WatchbillModule.forRoot(quiet)], providers });
    expect(journal).to.deep.equal(["step 3"]);
  });

  it("runs a provider once that is exported, imported elsewhere and has an alias", async () => {
    const shared = Module({ providers: [Mailer, { provide: "mail", useExisting: Mailer }], exports: [Mailer, "mail"] });
    class SharedModule {}
    shared(SharedModule);
    class FeatureModule {}
    Module({ imports: [SharedModule] })(FeatureModule);
    const app = await startApplication({ imports: [SharedModule, FeatureModule, WatchbillModule.forRoot(quiet)] });
    expect(namesIn(app.get(Runner))).to.deep.equal(["Mailer/send"]);
  });

  const positions = {
    "before it": { imports: [DatabaseModule, WatchbillModule.forRoot(quiet)] },
    "after it": { imports: [WatchbillModule.forRoot(quiet), DatabaseModule] },
    "as a global module": { imports: [WatchbillModule.forRoot(quiet), { module: DatabaseModule, global: true }] },
    "as a provider of the root module": { imports: [WatchbillModule.forRoot(quiet)], providers: [Database] },
  };
  for (const [position, { imports, ...root }] of Object.entries(positions)) {
    it(`starts after a database is up, and waits for runs before it is closed, that is imported ${position}`, async () => {
      const app = await startApplication({ ...root, imports: [...imports, MailModule] });
      expect(journal).to.deep.equal(["database is up", "run starts"]);
      await app.close();
      expect(journal).to.deep.equal(["database is up", "run starts", "run ends", "database closes"]);
    });
  }

  it("passes the options on to the runner, from forRoot", async () => {
    const failing = new StaticBackoff({ sleep: "1h" });
    const app = await startApplication({
      imports: [MailModule, WatchbillModule.forRoot({ ...quiet, only: "Mailer/*", retry: failing, shutdownTimeout: "3s" })],
      controllers: [ReportsController],
    });
    const runner = app.get(Runner);
    expect(namesIn(runner)).to.deep.equal(["Mailer/send"]);
    expect(runner.workers[0]?.retry).to.equal(failing);
    expect(runner.shutdownTimeout).to.equal(3_000);
  });

  it("passes the options on to the runner that a function makes of providers", async () => {
    const Limits = Symbol("limits");
    class LimitsModule {}
    Module({ providers: [{ provide: Limits, useValue: { stop: "7s" } }], exports: [Limits] })(LimitsModule);
    const options = WatchbillModule.forRootAsync({
      imports: [LimitsModule],
      inject: [Limits],
      useFactory: async ({ stop }: { stop: Duration }) => ({ ...quiet, shutdownTimeout: stop }),
    });
    const app = await startApplication({ imports: [MailModule, options] });
    expect(app.get(Runner).shutdownTimeout).to.equal(7_000);
    expect(journal).to.deep.equal(["run starts"]);
  });

  it("lets any module inject the runner, and add workers before it runs", async () => {
    class Plugins {
      constructor(runner: Runner) {
        runner.add(new Reminder("eu"));
      }
    }
    // As a compiler for the legacy dialect calls it.
    InjectRunner()(Plugins, undefined, 0);
    @Named((self: Reminder) => self.region)
    class Reminder {
      constructor(readonly region: string) {}
      @Repeat("1h", { startImmediately: true })
      remind() {
        journal.push(`reminder ${this.region}`);
      }
    }
    class PluginsModule {}
    Module({ providers: [Plugins] })(PluginsModule);
    const app = await startApplication({ imports: [PluginsModule, WatchbillModule.forRoot({ ...quiet, only: "eu/*" })] });
    expect(namesIn(app.get(Runner))).to.deep.equal(["eu/remind"]);
    expect(journal).to.deep.equal(["reminder eu"]);
  });

  it("leaves the process signals to Nest", async () => {
    const before = ["SIGINT", "SIGTERM"].map((signal) => process.listenerCount(signal));
    await startApplication({ imports: [MailModule, WatchbillModule.forRoot(quiet)] });
    expect(["SIGINT", "SIGTERM"].map((signal) => process.listenerCount(signal))).to.deep.equal(before);
  });

  describe("refuses", () => {
    it("a pattern in only that names no worker", async () => {
      const error = await errorOf(
        startApplication({ imports: [MailModule, WatchbillModule.forRoot({ ...quiet, only: "Mial/*" })] }),
      );
      expect(error).to.be.instanceOf(BootstrapError);
      expect(error.message).to.include('The option only: "Mial/*" names no worker; there are Mailer/send');
      expect(journal).to.deep.equal([]);
    });

    for (const option of ["signals", "resolve"])
      it(`the option ${option}, on which Nest decides`, async () => {
        const error = await errorOf(startApplication({ imports: [WatchbillModule.forRoot({ [option]: [] })] }));
        expect(error).to.be.instanceOf(InvalidArgumentError);
        expect(error.message).to.match(new RegExp(`^WatchbillModule has no option ${option}: Nest `));
      });

    it("options that are not an object, such as those of a function that returns none", async () => {
      const start = startApplication({ imports: [WatchbillModule.forRootAsync({ useFactory: () => undefined as never })] });
      const error = await errorOf(start);
      expect(error).to.be.instanceOf(InvalidArgumentError);
      expect(error.message).to.equal("The options of WatchbillModule are undefined: pass or return an object");
    });

    it("an option that does not exist, and one that is malformed", async () => {
      for (const options of [{ runInTest: true }, { shutdownTimeout: "soon" }]) {
        const start = startApplication({ imports: [WatchbillModule.forRoot(options as object)] });
        expect(await errorOf(start)).to.be.instanceOf(BootstrapError);
      }
      const runInTests = "yes" as unknown as boolean;
      const error = await errorOf(startApplication({ imports: [WatchbillModule.forRoot({ runInTests })] }));
      expect(error.message).to.equal("The option runInTests is a string: pass true or false");
    });

    it("to be imported twice", async () => {
      class FeatureModule {}
      Module({ imports: [WatchbillModule.forRoot(quiet)] })(FeatureModule);
      const error = await errorOf(startApplication({ imports: [FeatureModule, WatchbillModule.forRoot(quiet)] }));
      expect(error.message).to.equal(
        "WatchbillModule is imported 2 times: import WatchbillModule.forRoot() once, in the root module; every module may inject the Runner",
      );
    });

    it("to be imported without forRoot", async () => {
      const error = await errorOf(startApplication({ imports: [WatchbillModule] }));
      expect(error.message).to.match(
        /^WatchbillModule is imported without its options: import WatchbillModule\.forRoot\(\) once/,
      );
    });
  });

  describe("in a testing module", () => {
    it("checks the workers and runs none, though the module is initialised", async () => {
      const logger = new RecordingNestLogger();
      const imports = [MailModule, WatchbillModule.forRoot()];
      const module = await Test.createTestingModule({ imports }).setLogger(logger).compile();
      await module.init();
      const runner = module.get(Runner);
      expect([namesIn(runner), runner.state]).to.deep.equal([["Mailer/send"], "stopped"]);
      expect(journal).to.deep.equal([]);
      expect(logger.of("Watchbill")).to.deep.equal(["log: the workers do not run in a testing module, unless runInTests is set"]);
      await module.close();
    });

    it("runs none in an application with a server either", async () => {
      const module = await Test.createTestingModule({ imports: [MailModule, WatchbillModule.forRoot(quiet)] }).compile();
      const app = module.createNestApplication();
      await app.init();
      expect(app.get(Runner).state).to.equal("stopped");
      expect(journal).to.deep.equal([]);
      await app.close();
    });

    it("runs them from init to close with runInTests", async () => {
      const imports = [MailModule, WatchbillModule.forRoot({ ...quiet, runInTests: true })];
      const module = await Test.createTestingModule({ imports }).compile();
      expect(journal).to.deep.equal([]);
      await module.init();
      expect(journal).to.deep.equal(["run starts"]);
      await module.close();
      expect(journal).to.deep.equal(["run starts", "run ends"]);
    });

    it("refuses workers that could not run", async () => {
      @Injectable()
      class Broken {
        @Repeat("5 parsecs" as "5s")
        run() {}
      }
      const module = await Test.createTestingModule({ imports: [WatchbillModule.forRoot(quiet)], providers: [Broken] }).compile();
      expect(await errorOf(module.init())).to.be.instanceOf(BootstrapError);
    });

    it("does without the workers of a provider that is replaced", async () => {
      const builder = Test.createTestingModule({
        imports: [MailModule, WatchbillModule.forRoot({ ...quiet, runInTests: true })],
      });
      const module = await builder
        .overrideProvider(Mailer)
        .useValue({ send() {} })
        .compile();
      await module.init();
      expect(namesIn(module.get(Runner))).to.deep.equal([]);
      await module.close();
    });

    it("reports the failure of the runner, and leaves the process alone", async () => {
      class Failing {
        @Worker
        run() {
          throw new Error("no queue");
        }
      }
      const logger = new RecordingNestLogger();
      const imports = [WatchbillModule.forRoot({ ...quiet, runInTests: true })];
      const module = await Test.createTestingModule({ imports, providers: [Failing] })
        .setLogger(logger)
        .compile();
      const { exitCode } = process;
      await module.init();
      await module.close();
      expect(process.exitCode).to.equal(exitCode);
      const [, message, stack] = logger.calls.find(([level]) => level === "error") ?? [];
      expect(message).to.equal("the runner has failed");
      expect(stack).to.include("no queue");
    });
  });
});
