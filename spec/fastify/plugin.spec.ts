import { expect } from "chai";
import fastify, { type FastifyInstance } from "fastify";
import fastifyPlugin from "fastify-plugin";
import {
  BootstrapError,
  bootstrap,
  InvalidArgumentError,
  Named,
  Repeat,
  runningRunners,
  stopped,
  Worker,
  type WorkerContext,
} from "watchbill";
import { type WatchbillPluginOptions, watchbillPlugin } from "watchbill/fastify";
import { recordingLogger, silentLogger } from "watchbill/testing";

let log: string[];

@Named("shop")
class Shop {
  @Worker
  async listen({ signal, logger }: WorkerContext): Promise<void> {
    log.push("started");
    logger.info("is listening");
    await stopped(signal);
    await new Promise((resolve) => setImmediate(resolve));
    log.push("stopped");
  }

  @Repeat("1h")
  poll(): void {}
}

/** A service that fails once it is told to, or while it is being stopped. */
class Faulty {
  fail = (_error: Error): void => {};

  @Worker
  async work({ signal }: WorkerContext): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.fail = reject;
      signal.addEventListener("abort", () => resolve());
    });
  }
}

/** The lines that pino has written, in the shape of `level message`. */
class Lines {
  readonly entries: Record<string, unknown>[] = [];

  write(line: string): void {
    this.entries.push(JSON.parse(line));
  }
}

describe("watchbillPlugin", () => {
  let app: FastifyInstance;
  const listen = (): Promise<string> => app.listen({ port: 0, host: "127.0.0.1" });
  const register = (options: WatchbillPluginOptions): void => void app.register(watchbillPlugin, options);

  beforeEach(() => {
    log = [];
    app = fastify();
  });

  afterEach(async () => {
    await app.close();
    process.exitCode = undefined;
    expect(runningRunners()).to.deep.equal([]);
  });

  describe("start", () => {
    it("starts the workers once the server listens", async () => {
      register({ sources: [Shop], logger: silentLogger });
      await app.ready();
      expect(app.watchbill.state).to.equal("stopped");
      await listen();
      expect(app.watchbill.state).to.equal("running");
      expect(log).to.deep.equal(["started"]);
    });

    it("starts nothing for app.inject", async () => {
      register({ sources: [Shop], logger: silentLogger });
      app.get("/", () => app.watchbill.status().map(({ name, phase }) => `${name} ${phase}`));
      const { payload } = await app.inject("/");
      expect(JSON.parse(payload)).to.deep.equal(["shop/listen stopped", "shop/poll stopped"]);
      expect(log).to.deep.equal([]);
    });

    it("starts the workers with app.inject if it is asked to", async () => {
      register({ sources: [Shop], logger: silentLogger, start: "ready" });
      await app.inject("/");
      expect(log).to.deep.equal(["started"]);
    });

    it("runs a runner that exists", async () => {
      const runner = bootstrap([Shop], { logger: silentLogger });
      register({ runner });
      await listen();
      expect(app.watchbill).to.equal(runner);
      expect(runner.state).to.equal("running");
    });

    it("leaves process signals to the application", async () => {
      const listeners = process.listenerCount("SIGTERM");
      register({ sources: [Shop], logger: silentLogger });
      await listen();
      expect(process.listenerCount("SIGTERM")).to.equal(listeners);
    });

    it("starts nothing if the port is taken", async () => {
      const other = fastify();
      const { port } = new URL(await other.listen({ port: 0, host: "127.0.0.1" }));
      register({ sources: [Shop], logger: silentLogger });
      const error = await app.listen({ port: Number(port), host: "127.0.0.1" }).catch((thrown: unknown) => thrown);
      await other.close();
      expect(error).to.have.property("code", "EADDRINUSE");
      expect(log).to.deep.equal([]);
    });

    it("shows the runner to plugins and routes outside of it", async () => {
      register({ sources: [Shop], logger: silentLogger });
      app.register(async (child) => {
        child.get("/poll", async () => {
          await child.watchbill.trigger("shop/poll");
          return "polled";
        });
      });
      await listen();
      expect((await app.inject("/poll")).payload).to.equal("polled");
    });
  });

  it("is known by its name to plugins that depend on it", async () => {
    register({ sources: [Shop], logger: silentLogger });
    const dependent = async (instance: FastifyInstance): Promise<void> => void log.push(instance.watchbill.state);
    app.register(fastifyPlugin(dependent, { name: "dependent", dependencies: ["watchbill"] }));
    await app.ready();
    expect(log).to.deep.equal(["stopped"]);
  });

  describe("stop", () => {
    for (const [order, isFirst] of [
      ["before it", true],
      ["after it", false],
    ] as const)
      it(`is awaited by app.close(), before the onClose of a plugin that was registered ${order}`, async () => {
        const database = async (instance: FastifyInstance): Promise<void> => {
          instance.addHook("onClose", () => void log.push("database closed"));
        };
        if (isFirst) app.register(database);
        register({ sources: [Shop], logger: silentLogger });
        if (!isFirst) app.register(database);
        await listen();
        await app.close();
        expect(log).to.deep.equal(["started", "stopped", "database closed"]);
      });

    it("comes without a start, too", async () => {
      register({ sources: [Shop], logger: silentLogger });
      await app.ready();
      await app.close();
      expect(log).to.deep.equal([]);
    });

    it("leaves the application open if the runner was stopped by itself", async () => {
      register({ sources: [Shop], logger: silentLogger });
      app.get("/", () => "open");
      await listen();
      await app.watchbill.stop();
      expect((await app.inject("/")).payload).to.equal("open");
      expect(process.exitCode).to.equal(undefined);
    });
  });

  describe("failure", () => {
    it("closes the application with exit code 1, and logs the error", async () => {
      const lines = new Lines();
      app = fastify({ logger: { stream: lines } });
      const faulty = new Faulty();
      register({ sources: [faulty, Shop] });
      const closed = new Promise<void>((resolve) => app.addHook("onClose", () => resolve()));
      await listen();
      faulty.fail(new Error("out of disk"));
      await closed;
      expect(log).to.deep.equal(["started", "stopped"]);
      expect(process.exitCode).to.equal(1);
      const entry = lines.entries.find(({ msg }) => msg === "the workers have failed; the application is closing");
      expect(entry?.level).to.equal(50);
      expect(JSON.stringify(entry?.err)).to.include("out of disk");
    });

    it("keeps an exit code that is there", async () => {
      const faulty = new Faulty();
      register({ sources: [faulty], logger: silentLogger });
      const closed = new Promise<void>((resolve) => app.addHook("onClose", () => resolve()));
      await listen();
      process.exitCode = 70;
      faulty.fail(new Error("out of disk"));
      await closed;
      expect(process.exitCode).to.equal(70);
    });
  });

  describe("log", () => {
    it("is that of Fastify", async () => {
      const lines = new Lines();
      app = fastify({ logger: { stream: lines } });
      register({ sources: [Shop] });
      await listen();
      const entry = lines.entries.find(({ msg }) => msg === "is listening");
      expect(entry).to.deep.include({ level: 30, worker: "shop/listen" });
    });

    it("is the one of the options, if there is one", async () => {
      const lines = new Lines();
      app = fastify({ logger: { stream: lines } });
      const logger = recordingLogger();
      register({ sources: [Shop], logger });
      await listen();
      expect(logger.lines).to.include("info shop/listen: is listening");
      expect(JSON.stringify(lines.entries)).to.not.include("is listening");
    });
  });

  describe("dashboard", () => {
    it("is served at its path, behind the hooks of the application", async () => {
      app.addHook("onRequest", async (request, reply) => {
        if (request.headers.authorization !== "me") await reply.code(401).send();
      });
      register({ sources: [Shop], logger: silentLogger, dashboard: "/ops/jobs" });
      const url = await listen();
      const get = (path: string, headers = {}): Promise<Response> => fetch(`${url}${path}`, { headers });
      expect((await get("/ops/jobs/")).status).to.equal(401);
      const page = await get("/ops/jobs/", { authorization: "me" });
      expect(page.status).to.equal(200);
      expect(await page.text()).to.include("<title>");
      const status = await get("/ops/jobs/api/status", { authorization: "me" });
      expect(await status.text()).to.include("shop/poll");
    });

    it("is behind a hook that compares the URL of the route, however the client writes the path", async () => {
      app.addHook("onRequest", async (request, reply) => {
        if (request.routeOptions.url?.startsWith("/ops/")) await reply.code(403).send();
      });
      register({ sources: [Shop], logger: silentLogger, dashboard: "/ops/jobs" });
      const url = await listen();
      for (const path of ["/ops/jobs", "/ops/jobs/", "/%6Fps/jobs/", "/ops%2Fjobs/", "/ops/jobs/api/status"])
        expect((await fetch(`${url}${path}`)).status, path).to.be.oneOf([403, 404]);
      expect((await fetch(`${url}/%6Fps/jobs/`)).status).to.equal(403);
    });

    it("has the options of the dashboard", async () => {
      register({ sources: [Shop], logger: silentLogger, dashboard: { path: "/ops", authorize: () => undefined } });
      const url = await listen();
      expect((await fetch(`${url}/ops/`)).status).to.equal(403);
    });

    it("ends its streams, so that the application can close", async () => {
      register({ sources: [Shop], logger: silentLogger, dashboard: "/ops" });
      const url = await listen();
      const stream = await fetch(`${url}/ops/api/events`);
      expect(stream.status).to.equal(200);
      await app.close();
      expect(await stream.text()).to.be.a("string");
    });
  });

  describe("refuses", () => {
    const refusal = async (options: object): Promise<Error> => {
      app.register(watchbillPlugin, options);
      const error = await app.ready().then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      if (error instanceof Error) return error;
      throw new Error("it was not refused");
    };

    it("neither sources nor a runner", async () => {
      const error = await refusal({});
      expect(error).to.be.instanceOf(InvalidArgumentError);
      expect(error.message).to.equal("The plugin has neither sources nor a runner: pass { sources: [CommitFetcher] }");
    });

    it("a runner that is none, and options beside a runner", async () => {
      expect((await refusal({ runner: {} })).message).to.equal(
        "The option runner of the plugin is not a runner: pass that of bootstrap()",
      );
      app = fastify();
      expect((await refusal({ runner: bootstrap([Shop]), shutdownTimeout: "5s" })).message).to.equal(
        "The plugin has a runner, and the option shutdownTimeout as well: pass that to bootstrap()",
      );
    });

    it("what bootstrap refuses", async () => {
      const error = await refusal({ sources: [class {}], shutdowntimeout: "5s" });
      expect(error).to.be.instanceOf(BootstrapError);
      expect(error.message).to.include("has no workers").and.to.include("did you mean shutdownTimeout?");
    });

    it("another start, and a path without a slash", async () => {
      expect((await refusal({ sources: [Shop], start: "now" })).message).to.equal(
        'The option start of the plugin is "now": use "listen" or "ready"',
      );
      app = fastify();
      expect((await refusal({ sources: [Shop], dashboard: "ops/" })).message).to.equal(
        'The path of the dashboard must begin with a slash and not end with one: "/ops/jobs"',
      );
    });
  });
});
