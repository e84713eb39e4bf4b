import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { freePort } from "../../samples/fleet/postgres-server.js";
import { ScratchFolder } from "../../samples/fleet/scratch-folder.js";
import { TiedProcess } from "../../samples/fleet/tied-process.js";
import { isRecord } from "../dashboard/client.fixture.js";

/** Why Prometheus cannot be started on this machine; undefined if it can. */
export function absenceOfPrometheus(): string | undefined {
  const missing = ["prometheus", "promtool"].filter((program) => spawnSync(program, ["--version"]).status !== 0);
  return missing.length === 0 ? undefined : `there is no ${missing.join(" and no ")} on the PATH`;
}

let hasSaidSo = false;

/** Skips what follows if there is no Prometheus, with one line for all; fails if `CI` is set. */
export function skipWithoutPrometheus(context: Mocha.Context): void {
  const absence = absenceOfPrometheus();
  if (absence === undefined) return;
  if (process.env.CI !== undefined) throw new Error(absence);
  if (!hasSaidSo) console.warn(`        SKIPPED, ALL THAT NEEDS PROMETHEUS: ${absence}`);
  hasSaidSo = true;
  context.skip();
}

/** A series of an instant vector. */
export interface Sample {
  readonly labels: Readonly<Record<string, unknown>>;
  readonly value: number;
}

/** A real Prometheus on a free port, which scrapes some URLs every second. */
export class PrometheusServer {
  readonly #home: ScratchFolder;
  readonly #url: string;
  readonly #server: TiedProcess;

  /**
   * @param jobs the URL of each
   * @param rules the path of a file with rules
   */
  static async start(jobs: Readonly<Record<string, string>>, rules: string): Promise<PrometheusServer> {
    const home = new ScratchFolder("watchbill-prometheus-");
    const configuration = {
      global: { scrape_interval: "1s", scrape_timeout: "1s", evaluation_interval: "1s" },
      rule_files: [resolve(rules)],
      scrape_configs: Object.entries(jobs).map(([job_name, url]) => {
        const { host, pathname } = new URL(url);
        return { job_name, metrics_path: pathname, static_configs: [{ targets: [host] }] };
      }),
    };
    // JSON is YAML.
    writeFileSync(join(home.path, "prometheus.yml"), JSON.stringify(configuration));
    const address = `127.0.0.1:${await freePort()}`;
    const server = new PrometheusServer(home, address);
    try {
      await server.#ready();
      return server;
    } catch (error) {
      await server.stop();
      throw error;
    }
  }

  private constructor(home: ScratchFolder, address: string) {
    this.#home = home;
    this.#url = `http://${address}`;
    const flags = ["--config.file=prometheus.yml", "--storage.tsdb.path=data", `--web.listen-address=${address}`];
    this.#server = new TiedProcess("prometheus", flags, { cwd: home.path });
  }

  async #ready(): Promise<void> {
    let hasExited = false;
    void this.#server.exited.then(() => (hasExited = true));
    for (;;) {
      if (hasExited) throw new Error(`prometheus ended: ${this.#server.output.trim()}`);
      const answer = await fetch(`${this.#url}/-/ready`).catch(() => undefined);
      if (answer?.ok === true) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** Rejects with the message of Prometheus if the query cannot be parsed or evaluated. */
  async query(query: string): Promise<Sample[]> {
    const { result } = await this.#ask(`query?query=${encodeURIComponent(query)}`);
    if (!Array.isArray(result)) throw new Error(`${query} has no vector`);
    return result.map((each: { metric: Record<string, unknown>; value: [number, string] }) => ({
      labels: each.metric,
      value: Number(each.value[1]),
    }));
  }

  /** The state and the health of each alert. */
  async alerts(): Promise<Map<string, { readonly health: unknown; readonly state: unknown; readonly error: unknown }>> {
    const { groups } = await this.#ask("rules");
    if (!Array.isArray(groups)) throw new Error("There are no groups of rules");
    const rules: { name: string; health: string; state: string; lastError?: string }[] = groups.flatMap(
      ({ rules: each }) => each,
    );
    return new Map(rules.map(({ name, health, state, lastError }) => [name, { health, state, error: lastError }]));
  }

  async #ask(path: string): Promise<Readonly<Record<string, unknown>>> {
    const response = await fetch(`${this.#url}/api/v1/${path}`);
    const answer: unknown = await response.json();
    if (!isRecord(answer) || !isRecord(answer.data)) throw new Error(`${path}: ${JSON.stringify(answer)}`);
    return answer.data;
  }

  async stop(): Promise<void> {
    await this.#server.end();
    await this.#home.remove();
  }
}
