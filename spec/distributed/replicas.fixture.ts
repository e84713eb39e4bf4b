import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { WorkerStatus } from "watchbill";
import { ScratchFolder } from "../../samples/fleet/scratch-folder.js";
import { isLoggedEvent, type LoggedEvent, type ReplicaPlan, type WorkerPlan } from "./replica-plan.js";

const program = fileURLToPath(new URL("replica.ts", import.meta.url));

const setClock = new URL("set-clock.ts", import.meta.url).href;

/** Short, for specs. */
export const lockDuration = 2_000;
export const stalledInterval = 500;

/** Replicas of one service in real processes, and the events that they have logged. */
export class Replicas {
  readonly #folder = new ScratchFolder("watchbill-fleet-");
  readonly #log = join(this.#folder.path, "log");
  readonly #namespace: string;
  readonly #started: ChildProcess[] = [];
  stderr = "";

  constructor(namespace: string) {
    this.#namespace = namespace;
    writeFileSync(this.#log, "");
  }

  /** @param clockAhead of its wall clock, in ms */
  start(connection: string, workers: readonly WorkerPlan[], clockAhead = 0): ChildProcess {
    const plan: ReplicaPlan = {
      connection,
      namespace: this.#namespace,
      lockDuration,
      stalledInterval,
      workers,
      log: this.#log,
      clockAhead,
    };
    const child = fork(program, [JSON.stringify(plan)], {
      execArgv: ["--import", "tsx", ...(clockAhead === 0 ? [] : ["--import", setClock])],
      env: { ...process.env, CLOCK_AHEAD: `${clockAhead}` },
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.stderr += text;
    });
    this.#started.push(child);
    return child;
  }

  /** The events up to now, in order; of one worker, if a name is passed. */
  events(worker?: string): LoggedEvent[] {
    const lines = readFileSync(this.#log, "utf8").split("\n").slice(0, -1);
    const all = lines.map((line): unknown => JSON.parse(line)).filter(isLoggedEvent);
    return all.filter((event) => worker === undefined || event.worker === worker).sort((one, other) => one.at - other.at);
  }

  /** Waits until a condition holds for the events; the test's timeout is the limit. */
  async until(condition: (events: readonly LoggedEvent[]) => boolean, worker?: string): Promise<void> {
    while (!condition(this.events(worker))) {
      const failed = this.#started.find(({ exitCode }) => exitCode !== null && exitCode !== 0);
      if (failed !== undefined) throw new Error(`A replica has failed: ${this.stderr}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** Waits until a number of replicas are connected. */
  async connected(count: number): Promise<void> {
    while ([...this.stderr.matchAll(/connected to/g)].length < count) await new Promise((resolve) => setTimeout(resolve, 20));
  }

  /** The process that began the worker last. */
  holderOf(worker: string): ChildProcess {
    const pid = this.events(worker).findLast(({ what }) => what === "begins")?.pid;
    const holder = this.#started.find((child) => child.pid === pid);
    if (holder === undefined) throw new Error(`${worker} has not been begun`);
    return holder;
  }

  async statusOf(child: ChildProcess): Promise<WorkerStatus[]> {
    child.send("status");
    const [rows] = await once(child, "message");
    return rows;
  }

  others(than: ChildProcess): ChildProcess[] {
    return this.#started.filter((child) => child !== than);
  }

  /** Stops all replicas. */
  async stop(): Promise<void> {
    await Promise.all(this.#started.map((child) => this.end(child)));
  }

  async end(child: ChildProcess): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill("SIGTERM");
    await once(child, "exit");
  }

  /** Kills all processes and removes all files, also after a failed test. */
  async dispose(): Promise<void> {
    for (const child of this.#started) child.kill("SIGKILL");
    await this.#folder.remove();
  }
}
