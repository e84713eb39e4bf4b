import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { metrics } from "@opentelemetry/api";
import { PrometheusExporter } from "@opentelemetry/exporter-prometheus";
import { MeterProvider } from "@opentelemetry/sdk-metrics";
import { expect } from "chai";
import { Registry } from "prom-client";
import { bootstrap, DeclarativeWorker, type Runner, StaticBackoff, stopped, type WorkerContext, wait } from "watchbill";
import { dashboard } from "watchbill/dashboard";
import { instrument } from "watchbill/opentelemetry";
import { registerMetrics } from "watchbill/prometheus";
import { parse } from "yaml";
import { instruments } from "../../lib/metrics/instruments.js";
import { MemoryFleet } from "../../lib/testing/memory-engine.js";
import { freePort } from "../../samples/fleet/postgres-server.js";
import { until } from "../dashboard/client.fixture.js";
import { forgetRunners } from "../metrics/metrics.fixture.js";
import { silent } from "../runner/commands.fixture.js";
import { PrometheusServer, skipWithoutPrometheus } from "./prometheus-server.fixture.js";

const rules = "docs/prometheus-rules.yml";

/** The names of the metrics in PromQL, without the suffixes of histograms. */
function metricsIn(query: string): string[] {
  return Array.from(query.matchAll(/\bwatchbill_\w+/g), ([name]) => name.replace(/_(bucket|count|sum)$/, ""));
}

interface Panel {
  readonly title: string;
  readonly targets?: readonly { readonly expr: string }[];
}

/** In the file for promtool. */
interface RuleTest {
  readonly alertname: string;
  readonly exp_alerts: readonly unknown[];
}

const board: { readonly panels: readonly Panel[]; readonly templating: { readonly list: readonly { definition?: string }[] } } =
  JSON.parse(readFileSync("docs/grafana-dashboard.json", "utf8"));

const queries = board.panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => ({ title, expr })));

describe("docs/prometheus-rules.yml", () => {
  before(function () {
    skipWithoutPrometheus(this);
  });

  it("passes promtool", () => {
    for (const args of [
      ["check", "rules", "--lint-fatal", rules],
      ["test", "rules", "spec/prometheus/rules.test.yml"],
    ]) {
      const { status, stdout, stderr } = spawnSync("promtool", args, { encoding: "utf8" });
      expect(status, `${stdout}${stderr}`).to.equal(0);
    }
  });

  it("has a test for every alert, fired and not", () => {
    const names = Array.from(readFileSync(rules, "utf8").matchAll(/- alert: (\w+)/g), ([, name]) => name);
    const { tests }: { readonly tests: readonly { readonly alert_rule_test: readonly RuleTest[] }[] } = parse(
      readFileSync("spec/prometheus/rules.test.yml", "utf8"),
    );
    const expected = tests.flatMap(({ alert_rule_test }) => alert_rule_test);
    const tested = (isFired: boolean): Set<string> =>
      new Set(expected.filter(({ exp_alerts }) => exp_alerts.length > 0 === isFired).map(({ alertname }) => alertname));
    const alerts = new Set(names);
    expect(alerts).to.have.property("size", 7);
    expect(tested(true)).to.deep.equal(alerts);
    expect(tested(false)).to.deep.equal(alerts);
  });
});

describe("A sample that a real Prometheus scrapes, by prom-client and by OpenTelemetry", () => {
  const runners: Runner[] = [];
  const runs: Promise<unknown>[] = [];
  const ends: (() => unknown)[] = [];
  let fleet: MemoryFleet | undefined;
  let release = (): void => {};
  let server: PrometheusServer | undefined;

  before(async function () {
    this.timeout(60_000);
    skipWithoutPrometheus(this);
    forgetRunners();
    const register = new Registry();
    const port = await freePort();
    const exporter = new PrometheusExporter({ host: "127.0.0.1", port, preventServerStart: true });
    await exporter.startServer();
    metrics.setGlobalMeterProvider(new MeterProvider({ readers: [exporter] }));
    ends.push(
      registerMetrics({ register }),
      instrument(),
      () => metrics.disable(),
      () => exporter.shutdown(),
    );

    fleet = new MemoryFleet();
    const runner = bootstrap(
      sample((onRelease) => (release = onRelease)),
      { logger: silent, signals: [], engine: fleet.replica() },
    );
    const page = dashboard(runner, { registry: register });
    runner.add(page.listen({ port: 0 }));
    runners.push(runner);
    runs.push(Promise.allSettled([runner.run()]));
    await until(() => page.url !== undefined);
    void runner.restart("hanging").catch(() => {});
    server = await PrometheusServer.start({ prom: `${page.url}metrics`, otel: `http://127.0.0.1:${port}/metrics` }, rules);
  });

  after(async () => {
    await server?.stop();
    release();
    if (fleet !== undefined) fleet.isClosed = true;
    await Promise.all(runners.map((runner) => runner.stop()));
    await Promise.all(runs);
    for (const end of ends) await end();
  });

  async function samples(query: string) {
    if (server === undefined) throw new Error("There is no server");
    return server.query(query);
  }

  it("has every instrument of the catalogue in both, with the same names but for the unit", async () => {
    // A lease that is lost, again and again, so that its rate is above 0.
    const losing = setInterval(() => fleet?.lose("leased"), 500);
    ends.push(() => clearInterval(losing));
    for (const [name, { kind, unit }] of Object.entries(instruments)) {
      const base = `${name.replaceAll(".", "_")}${kind === "counter" ? "_total" : ""}`;
      const suffix = kind === "histogram" ? "_count" : "";
      const spelled = unit === "s" ? `${base}_seconds${suffix}` : `${base}${suffix}`;
      await until(async () => (await samples(`${spelled}{job="prom"}`)).length > 0);
      await until(async () => (await samples(`${base}${suffix}{job="otel"}`)).length > 0);
    }
    const values = async (query: string) => new Map((await samples(query)).map(({ labels, value }) => [labels.job, value]));
    expect(await values('sum by (job) (watchbill_worker_health{worker="failing", state="firing"})')).to.deep.equal(
      new Map([
        ["prom", 1],
        ["otel", 1],
      ]),
    );
    expect(await values("sum by (job) (watchbill_worker_hung)")).to.deep.equal(
      new Map([
        ["prom", 1],
        ["otel", 1],
      ]),
    );
  }).timeout(60_000);

  for (const job of ["prom", "otel"]) {
    for (const { title, expr } of queries) {
      it(`answers the query of "${title}" on the dashboard for ${job}: ${expr.slice(0, 50)}…`, async () => {
        const query = expr.replaceAll("$job", job).replaceAll("$worker", ".*").replaceAll("$__rate_interval", "10s");
        expect(query).to.not.include("$");
        await until(async () => (await samples(query)).some(({ value }) => Number.isFinite(value)));
      }).timeout(20_000);
    }
  }

  it("has every metric that the rules name, in one of the two spellings", async () => {
    const named = [...new Set(metricsIn(readFileSync(rules, "utf8").replaceAll(/^ *#.*$/gm, "")))];
    expect(named).to.have.length.above(10);
    for (const name of named) {
      const histogram = /run_(lateness|duration)/.test(name) ? "_count" : "";
      expect(await samples(`${name}${histogram}`), name).to.have.length.above(0);
    }
  });

  it("has rules that Prometheus evaluates without an error, of which those that are true fire or wait", async () => {
    await until(async () => {
      const alerts = await server?.alerts();
      return alerts !== undefined && Array.from(alerts.values()).every(({ health }) => health !== "unknown");
    });
    const alerts = await server?.alerts();
    expect(Array.from(alerts ?? []).filter(([, { health }]) => health !== "ok")).to.deep.equal([]);
    const states = Object.fromEntries(Array.from(alerts ?? [], ([name, { state }]) => [name, state]));
    expect(states).to.include({ WatchbillHung: "firing", WatchbillFiring: "pending", WatchbillMissed: "firing" });
    expect(states).to.include({ WatchbillSilent: "inactive", WatchbillGone: "inactive" });
  }).timeout(20_000);

  it("has names of workers and of jobs for the variables of the dashboard", async () => {
    const definitions = board.templating.list.flatMap(({ definition }) => definition ?? []);
    const names = definitions.flatMap(metricsIn);
    expect(names).to.deep.equal(["watchbill_info", "watchbill_worker_health"]);
    for (const name of names) expect(await samples(name)).to.have.length.above(1);
  });

  it("has a panel on the dashboard for every instrument", () => {
    const shown = new Set(queries.flatMap(({ expr }) => metricsIn(expr)));
    const missing = Object.entries(instruments).filter(([name, { kind }]) => {
      return !shown.has(`${name.replaceAll(".", "_")}${kind === "counter" ? "_total" : ""}`);
    });
    expect(missing).to.deep.equal([]);
  });
});

/** Workers in every situation. */
function sample(onHanging: (release: () => void) => void): DeclarativeWorker[] {
  const second = new StaticBackoff({ sleep: "1s" });
  const fail = (): never => {
    throw new RangeError("x");
  };
  return [
    new DeclarativeWorker({ name: "good", job: () => {}, repeat: "200ms" }),
    new DeclarativeWorker({ name: "failing", job: fail, repeat: "200ms", retry: second }),
    new DeclarativeWorker({ name: "retried", job: fail, repeat: "200ms", retryJob: new StaticBackoff({ sleep: "200ms" }) }),
    new DeclarativeWorker({
      name: "slow",
      job: ({ signal }: WorkerContext) => wait("1h", { signal }),
      repeat: "200ms",
      timeout: "300ms",
      retry: second,
    }),
    new DeclarativeWorker({ name: "busy", job: () => wait("500ms"), repeat: "200ms" }),
    new DeclarativeWorker({
      name: "hanging",
      worker: () => new Promise<void>((resolve) => onHanging(resolve)),
      shutdownTimeout: "100ms",
    }),
    new DeclarativeWorker({
      name: "leased",
      worker: ({ signal }: WorkerContext) => stopped(signal),
      distributed: true,
      retry: second,
    }),
  ];
}
