import type { AddressInfo } from "node:net";
import { type CanActivate, type ExecutionContext, type INestApplication, Module, type ModuleMetadata } from "@nestjs/common";
import { APP_GUARD, NestFactory } from "@nestjs/core";
import { expect } from "chai";
import { Repeat, Runner } from "watchbill";
import { type WatchbillDashboardOptions, WatchbillModule } from "watchbill/nestjs";
import { asPage, EventReader, rowOf, send, until } from "../dashboard/client.fixture.js";
import { silent } from "../dashboard/served.fixture.js";
import { errorOf, startApplication } from "./application.fixture.js";
import { RecordingNestLogger } from "./recording-nest-logger.fixture.js";

class Mailer {
  @Repeat("1h")
  send() {}
}

/** Lets those pass who know a word. */
class WordGuard implements CanActivate {
  readonly #word: string;

  constructor(word = "please") {
    this.#word = word;
  }

  canActivate(context: ExecutionContext) {
    return context.switchToHttp().getRequest().headers["x-word"] === this.#word;
  }
}

const ops = { "x-word": "please" };

describe("WatchbillModule.dashboard", () => {
  let app: INestApplication | undefined;
  let logger: RecordingNestLogger;

  beforeEach(() => (logger = new RecordingNestLogger()));

  afterEach(async () => {
    await app?.close();
    app = undefined;
  });

  /** Serves an application, and returns its URL. */
  async function serve(
    options: WatchbillDashboardOptions = {},
    { imports = [], providers = [], prefix = "" }: ModuleMetadata & { prefix?: string } = {},
  ): Promise<string> {
    class AppModule {}
    Module({
      imports: [...imports, WatchbillModule.dashboard("/ops/jobs", options), WatchbillModule.forRoot({ logger: silent })],
      providers: [Mailer, ...providers],
    })(AppModule);
    app = await NestFactory.create(AppModule, { logger, abortOnError: false });
    if (prefix !== "") app.setGlobalPrefix(prefix);
    await app.listen(0, "127.0.0.1");
    const { port }: AddressInfo = app.getHttpServer().address();
    return `http://127.0.0.1:${port}`;
  }

  const paths = ["", "/", "/page.js", "/page.css", "/api/status", "/api/events", "/api/workers/Mailer%2Fsend", "/healthz"];

  it("answers every request that a guard denies with 403, commands included", async () => {
    const url = `${await serve({ guards: [WordGuard] })}/ops/jobs`;
    for (const path of paths) expect((await send(`${url}${path}`)).status, path).to.equal(403);
    const command = await send(`${url}/api/workers/Mailer%2Fsend/trigger`, { method: "POST", headers: asPage });
    expect(command.status).to.equal(403);
    expect(app?.get(Runner).status()[0]?.runs).to.equal(0);
  });

  it("serves the page, its files, the stream and commands to those whom the guard lets pass", async () => {
    const url = `${await serve({ guards: [new WordGuard()] })}/ops/jobs/`;
    const page = await send(url, { headers: ops });
    expect([page.status, page.headers["content-type"]]).to.deep.equal([200, "text/html; charset=utf-8"]);
    const files = [...page.text.matchAll(/(?:src|href)="\.?\/?([\w.-]+\.(?:js|css))"/g)].map(([, file = ""]) => file);
    expect(files).to.include.members(["page.js", "page.css"]);
    for (const file of files) expect((await send(`${url}${file}`, { headers: ops })).status, file).to.equal(200);

    const stream = await EventReader.open(url, { headers: ops });
    const snapshot = await stream.first(({ event }) => event === "snapshot");
    expect(rowOf(snapshot.data, "Mailer/send")).to.include({ runs: 0 });
    const headers = { ...ops, ...asPage };
    expect((await send(`${url}api/workers/Mailer%2Fsend/trigger`, { method: "POST", headers })).status).to.equal(202);
    await stream.first(({ event, data }) => event === "update" && rowOf(data, "Mailer/send", "rows")?.runs === 1);
    stream.close();
  });

  it("redirects to the path with a slash, under a global prefix too", async () => {
    const url = await serve({ guards: [WordGuard] }, { prefix: "api" });
    for (const [query, location] of [
      ["", "./jobs/"],
      ["?q=mail&x=%2F", "./jobs/?q=mail&x=%2F"],
    ]) {
      const answer = await send(`${url}/api/ops/jobs${query}`, { headers: ops });
      expect([answer.status, answer.headers.location]).to.deep.equal([308, location]);
    }
    expect((await send(`${url}/api/ops/jobs`)).status).to.equal(403);
    expect((await send(`${url}/api/ops/jobs/api/status`, { headers: ops })).json).to.have.property("workers");
  });

  it("is under the guards of the whole application", async () => {
    const url = `${await serve({}, { providers: [{ provide: APP_GUARD, useClass: WordGuard }] })}/ops/jobs/`;
    expect([(await send(url)).status, (await send(url, { headers: ops })).status]).to.deep.equal([403, 200]);
    expect(logger.of("Watchbill")).to.deep.equal([]);
  });

  it("finds what a guard injects in the imports", async () => {
    class AuthModule {}
    Module({ providers: [{ provide: "word", useValue: "sesame" }], exports: ["word"] })(AuthModule);
    class InjectedGuard extends WordGuard {}
    Reflect.defineMetadata("self:paramtypes", [{ index: 0, param: "word" }], InjectedGuard);
    const url = `${await serve({ imports: [AuthModule], guards: [InjectedGuard] })}/ops/jobs/`;
    expect((await send(url, { headers: ops })).status).to.equal(403);
    expect((await send(url, { headers: { "x-word": "sesame" } })).status).to.equal(200);
  });

  it("has the options of dashboard(), such as authorize, which decides on commands behind the guard", async () => {
    const url = `${await serve({ guards: [WordGuard], authorize: () => "look", by: () => "ada" })}/ops/jobs/`;
    expect((await send(url, { headers: ops })).status).to.equal(200);
    const headers = { ...ops, ...asPage };
    expect((await send(`${url}api/workers/Mailer%2Fsend/trigger`, { method: "POST", headers })).status).to.equal(403);
  });

  it("ends its streams when the application is closed, which would keep the server open", async () => {
    const url = `${await serve({ guards: [WordGuard] })}/ops/jobs/`;
    const stream = await EventReader.open(url, { headers: ops });
    await stream.first(({ event }) => event === "snapshot");
    await app?.close();
    app = undefined;
    await until(() => stream.hasEnded);
  });

  it("warns if every request may see it", async () => {
    await serve();
    const warning = "warn: the dashboard at /ops/jobs is open to every request: pass guards, authorize or a token to it";
    expect(logger.of("Watchbill")).to.deep.equal([warning]);
  });

  for (const [option, value] of Object.entries({ token: "a-token-of-this-spec", authorize: () => "look" as const }))
    it(`does not warn with ${option}`, async () => {
      await serve({ [option]: value });
      expect(logger.of("Watchbill")).to.deep.equal([]);
    });

  it("refuses a path that is empty, options that do not exist, and an application without a runner", async () => {
    for (const path of ["", "/", 5 as unknown as string])
      expect(() => WatchbillModule.dashboard(path)).to.throw('WatchbillModule.dashboard needs a path, such as "/ops/jobs"');
    const misspelt = { autorize: () => "act" } as object;
    const options = await errorOf(
      startApplication({ imports: [WatchbillModule.forRoot(), WatchbillModule.dashboard("/ops", misspelt)] }),
    );
    expect(options.message).to.include('dashboard has no option "autorize"');
    const alone = await errorOf(startApplication({ imports: [WatchbillModule.dashboard("/ops")] }));
    expect(alone.message).to.equal("WatchbillModule.dashboard has no runner: import WatchbillModule.forRoot() too");
  });
});
