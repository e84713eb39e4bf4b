import { expect } from "chai";
import sinon from "sinon";
import { type FleetServer, ServerKind } from "./fleet-server.fixture.js";

/** Thrown by `skip()` of a hook. */
class Skip extends Error {}

describe("ServerKind", () => {
  const { CI } = process.env;
  const hook = {
    skip: () => {
      throw new Skip();
    },
  };
  let warn: sinon.SinonStub<Parameters<typeof console.warn>, void>;
  let stopped: number;
  const server: FleetServer = { url: "redis://localhost", port: 1, restart: undefined, stop: async () => void stopped++ };

  beforeEach(() => {
    delete process.env.CI;
    stopped = 0;
    warn = sinon.stub(console, "warn");
  });
  afterEach(() => {
    warn.restore();
    if (CI !== undefined) process.env.CI = CI;
  });

  async function outcomeOf(promise: Promise<unknown>): Promise<unknown> {
    try {
      return await promise;
    } catch (thrown) {
      return thrown;
    }
  }

  it("starts and stops a server", async () => {
    const kind = new ServerKind("Redis", async () => server);
    expect(await kind.startFor(hook)).to.equal(server);
    await kind.stop();
    await kind.stop();
    expect(stopped).to.equal(1);
  });

  it("skips specs with one line if the server cannot be started, however many need it", async () => {
    let starts = 0;
    const kind = new ServerKind("Redis", async () => {
      starts++;
      throw new Error("no luck\nand more");
    });
    for (let suite = 0; suite < 3; suite++) {
      expect(await outcomeOf(kind.startFor(hook))).to.be.instanceOf(Skip);
      await kind.stop();
      expect(await outcomeOf(kind.requireFor(hook))).to.be.instanceOf(Skip);
    }
    expect(starts).to.equal(1);
    expect(warn.args).to.deep.equal([["        SKIPPED, ALL THAT NEEDS REDIS: no luck"]]);
  });

  it("rejects if the server cannot be started and CI is set", async () => {
    process.env.CI = "true";
    const error = new Error("no luck");
    const kind = new ServerKind("Redis", () => Promise.reject(error));
    for (let suite = 0; suite < 2; suite++) expect(await outcomeOf(kind.startFor(hook))).to.equal(error);
    expect(warn.args).to.deep.equal([]);
  });

  it("rejects if the server could be started before", async () => {
    const error = new Error("no luck");
    const start = sinon.stub<[], Promise<FleetServer>>().rejects(error).onFirstCall().resolves(server);
    const kind = new ServerKind("Redis", start);
    await kind.startFor(hook);
    await kind.stop();
    expect(await outcomeOf(kind.startFor(hook))).to.equal(error);
  });

  it("starts and stops a server once for all specs that start their own", async () => {
    const start = sinon.stub<[], Promise<FleetServer>>().resolves(server);
    const kind = new ServerKind("Redis", start);
    for (let suite = 0; suite < 2; suite++) await kind.requireFor(hook);
    expect([start.callCount, stopped]).to.deep.equal([1, 1]);
  });

  it("reports in one line why the server cannot be started", async () => {
    const log = "LOG:  starting\nFATAL:  could not create lock file\nLOG:  shut down";
    expect(await new ServerKind("Redis", () => Promise.reject(new Error(log))).absence()).to.equal(
      "FATAL:  could not create lock file",
    );
    expect(await new ServerKind("Redis", () => Promise.reject(new Error("no luck\nand more"))).absence()).to.equal("no luck");
    expect(await new ServerKind("Redis", async () => server).absence()).to.equal(undefined);
    expect(stopped).to.equal(1);
  });
});
