import {
  type CanActivate,
  Controller,
  Get,
  Injectable,
  Module,
  Scope,
  SetMetadata,
  UseFilters,
  UseGuards,
  UseInterceptors,
  UsePipes,
} from "@nestjs/common";
import { BaseExceptionFilter } from "@nestjs/core";
import { expect } from "chai";
import { BootstrapError, Named, Repeat, Retry, Runner, StaticBackoff, Worker } from "watchbill";
import { WatchbillModule } from "watchbill/nestjs";
import { silent } from "../dashboard/served.fixture.js";
import { closeApplications, errorOf, startApplication } from "./application.fixture.js";
import { RecordingNestLogger } from "./recording-nest-logger.fixture.js";

class Allow implements CanActivate {
  canActivate() {
    return true;
  }
}

class Untouched {
  intercept(_context: unknown, next: { handle(): never }) {
    return next.handle();
  }
}

class Trim {
  transform(value: string) {
    return value.trim();
  }
}

type Metadata = Parameters<typeof startApplication>[0];

async function problemsOf(metadata: Metadata): Promise<readonly string[]> {
  const imports = [...(metadata.imports ?? []), WatchbillModule.forRoot({ logger: silent })];
  const error = await errorOf(startApplication({ ...metadata, imports }));
  if (error instanceof BootstrapError) return error.problems;
  throw error;
}

async function workersIn(metadata: Metadata): Promise<string[]> {
  const imports = [...(metadata.imports ?? []), WatchbillModule.forRoot({ logger: silent })];
  const app = await startApplication({ ...metadata, imports });
  return app.get(Runner).workers.map(({ label }) => label);
}

@Injectable({ scope: Scope.REQUEST })
class Tenant {}

describe("The workers of a Nest application", () => {
  afterEach(closeApplications);

  describe("cannot be in a provider without a single instance:", () => {
    const ofRequests =
      "so that Nest creates an instance for each request, and a worker has none. Make it a provider of the default scope, and get what is request-scoped by moduleRef.resolve() in each run";

    it("a request-scoped one", async () => {
      @Injectable({ scope: Scope.REQUEST })
      class Reports {
        @Repeat("1h")
        send() {}
        @Worker
        listen() {}
      }
      expect(await problemsOf({ providers: [Reports] })).to.deep.equal([
        `Reports.send cannot run: its class is request-scoped, ${ofRequests}`,
        `Reports.listen cannot run: its class is request-scoped, ${ofRequests}`,
      ]);
    });

    it("a request-scoped controller", async () => {
      @Controller({ path: "reports", scope: Scope.REQUEST })
      class Reports {
        @Repeat("1h")
        send() {}
      }
      expect(await problemsOf({ controllers: [Reports] })).to.deep.equal([
        `Reports.send cannot run: its class is request-scoped, ${ofRequests}`,
      ]);
    });

    it("one that depends on a request-scoped one, with the way to it", async () => {
      class Reports {
        constructor(readonly store: unknown) {}
        @Repeat("1h")
        send() {}
      }
      class Store {}
      const providers = [
        Tenant,
        { provide: Store, inject: [Tenant], useFactory: () => new Store() },
        { provide: Reports, inject: [Store], useFactory: (store: Store) => new Reports(store) },
      ];
      expect(await problemsOf({ providers })).to.deep.equal([
        `Reports.send cannot run: its class injects Store, which injects Tenant, which is request-scoped, ${ofRequests}`,
      ]);
    });

    it("a request-scoped factory", async () => {
      class Reports {
        @Repeat("1h")
        send() {}
      }
      const provider = { provide: Reports, scope: Scope.REQUEST, useFactory: () => new Reports() };
      expect(await problemsOf({ providers: [provider] })).to.deep.equal([
        `Reports.send cannot run: its class is request-scoped, ${ofRequests}`,
      ]);
    });

    it("a transient one", async () => {
      @Injectable({ scope: Scope.TRANSIENT })
      class Reports {
        @Repeat("1h")
        send() {}
      }
      expect(await problemsOf({ providers: [Reports] })).to.deep.equal([
        "Reports.send cannot run: its class is transient, so that Nest creates an instance for each consumer. Make it a provider of the default scope",
      ]);
    });
  });

  it("may be in a provider that injects a transient one, beside request-scoped ones without workers", async () => {
    @Injectable({ scope: Scope.TRANSIENT })
    class Stamp {}
    class Reports {
      @Repeat("1h")
      send() {}
    }
    const providers = [Tenant, Stamp, { provide: Reports, inject: [Stamp], useFactory: () => new Reports() }];
    expect(await workersIn({ providers })).to.deep.equal(["Reports/send"]);
  });

  describe("cannot have decorators of requests:", () => {
    const cure = "a worker has no request. Remove it, and wrap runs with the option around of WatchbillModule";

    it("guards, interceptors, pipes and filters on the method", async () => {
      class Reports {
        @Repeat("1h")
        @UseGuards(Allow)
        guarded() {}
        @UseInterceptors(Untouched)
        @Repeat("1h")
        intercepted() {}
        @UsePipes(Trim)
        @Repeat("1h")
        piped() {}
        @UseFilters(BaseExceptionFilter)
        @Repeat("1h")
        filtered() {}
        @UseGuards(Allow)
        notAWorker() {}
      }
      expect(await problemsOf({ providers: [Reports] })).to.deep.equal([
        `@UseGuards cannot be on Reports.guarded: ${cure}`,
        `@UseInterceptors cannot be on Reports.intercepted: ${cure}`,
        `@UsePipes cannot be on Reports.piped: ${cure}`,
        `@UseFilters cannot be on Reports.filtered: ${cure}`,
      ]);
    });

    it("those on the class of a provider", async () => {
      @UseGuards(Allow)
      class Reports {
        @Repeat("1h")
        send() {}
        @Worker
        listen() {}
      }
      expect(await problemsOf({ providers: [Reports] })).to.deep.equal([
        `@UseGuards cannot be on Reports, which has workers: ${cure}`,
      ]);
    });

    it("those on the method of a controller", async () => {
      @Controller("reports")
      class Reports {
        @UseGuards(Allow)
        @Repeat("1h")
        send() {}
      }
      expect(await problemsOf({ controllers: [Reports] })).to.deep.equal([`@UseGuards cannot be on Reports.send: ${cure}`]);
    });
  });

  it("cannot be a route, whose requests would call it without the context of a run", async () => {
    @Controller("reports")
    class Reports {
      @Repeat("1h")
      list() {}
    }
    Get()(Reports.prototype, "list", Object.getOwnPropertyDescriptor(Reports.prototype, "list") ?? {});
    expect(await problemsOf({ controllers: [Reports] })).to.deep.equal([
      "Reports.list handles requests, and cannot be a worker too: it would be called with the context of a run. Make two methods that call a third",
    ]);
  });

  for (const key of ["__entryProvider__", "websockets:is_gateway"])
    it(`may be in a class whose other methods handle messages, with guards on the class (${key})`, async () => {
      @UseGuards(Allow)
      @SetMetadata(key, true)
      class Gateway {
        @Repeat("1h")
        send() {}
      }
      expect(await workersIn({ providers: [Gateway] })).to.deep.equal(["Gateway/send"]);
    });

  it("may be in a controller with guards on the class, which hold for its routes", async () => {
    @UseGuards(Allow)
    @Controller("reports")
    class Reports {
      list() {}
      @Repeat("1h")
      send() {}
    }
    // As a compiler for the legacy dialect calls it, which is all that Nest knows for methods of controllers.
    Get()(Reports.prototype, "list", Object.getOwnPropertyDescriptor(Reports.prototype, "list") ?? {});
    expect(await workersIn({ controllers: [Reports] })).to.deep.equal(["Reports/send"]);
  });

  it("may not run twice because two modules provide their class", async () => {
    class Mailer {
      @Repeat("1h")
      send() {}
    }
    class UsersModule {}
    Module({ providers: [Mailer] })(UsersModule);
    class OrdersModule {}
    Module({ providers: [Mailer] })(OrdersModule);
    expect(await problemsOf({ imports: [UsersModule, OrdersModule] })).to.deep.equal([
      "Mailer is provided by UsersModule and by OrdersModule, so that its workers would run twice: provide it in one module, export it there, and import that module in the other",
    ]);
  });

  it("are those of several instances of a class that are named apart", async () => {
    @Named((self: Region) => self.name)
    class Region {
      constructor(readonly name: string) {}
      @Repeat("1h")
      poll() {}
    }
    const providers = ["eu", "us"].map((name) => ({ provide: name, useFactory: () => new Region(name) }));
    expect(await workersIn({ providers })).to.deep.equal(["eu/poll", "us/poll"]);
  });

  it("are reported with everything that is wrong with any of them at once", async () => {
    @Injectable({ scope: Scope.REQUEST })
    class Reports {
      @Repeat("1h")
      send() {}
    }
    class Misused {
      @Retry(new StaticBackoff({ sleep: "1s" }))
      run() {}
    }
    const problems = await problemsOf({ providers: [Reports, Misused] });
    expect(problems).to.have.length(2);
    expect(problems[0]).to.match(/^Reports\.send cannot run/);
    expect(problems[1]).to.match(/^Misused\.run /);
  });

  it("are warned of once if their names look minified", async () => {
    const logger = new RecordingNestLogger();
    class q {
      @Repeat("1h")
      send() {}
    }
    await startApplication({ imports: [WatchbillModule.forRoot()], providers: [q] }, logger);
    expect(logger.of("Watchbill").filter((line) => line.startsWith("warn"))).to.deep.equal([
      "warn: these names look minified and may change with the next build: q/send; name the classes with @Named, or keep the names of classes when you bundle",
    ]);
  });

  it("do not have to be among values of any kind", async () => {
    const values = [null, undefined, 0, "text", [], Object.create(null), () => {}];
    const providers = values.map((useValue, index) => ({ provide: `value ${index}`, useValue }));
    expect(await workersIn({ providers })).to.deep.equal([]);
  });
});
