import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Journal } from "./journal.js";
import { isComplaint, isReport } from "./report.js";

/** How long it may take to stop, in ms. The shutdown timeout of its runner is shorter, so this should never be reached. */
const stopTimeout = 20_000;

/** A replica in a process of its own, which tells the journal what it does. */
export class ReplicaProcess {
  readonly number: number;
  /** How it has come to its end; undefined as long as it lives. */
  exitReason: string | undefined;
  readonly #child: ChildProcess;
  readonly #gone: Promise<unknown>;
  readonly #journal: Journal;

  constructor(number: number, databaseUrl: string, journal: Journal) {
    this.number = number;
    this.#journal = journal;
    // By the environment: arguments can be read by every user of the machine, and there is a password in it.
    const env = { ...process.env, DATABASE_URL: databaseUrl };
    // In a session of its own: a signal for all of us, as Ctrl-C sends it, is for `main.ts`, which then stops its replicas one by
    // one.
    this.#child = fork(fileURLToPath(new URL("replica.ts", import.meta.url)), { env, detached: true });
    this.#child.on("message", (message) => {
      if (isReport(message)) journal.add(number, message);
      if (isComplaint(message)) journal.note(`replica ${number}: ${message.complaint}`);
    });
    // Its last messages may come after its end.
    this.#gone = Promise.all([once(this.#child, "exit"), once(this.#child, "disconnect")]);
    this.#child.once("exit", (code, signal) => {
      this.exitReason ??= `ended with ${signal ?? code}`;
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Ends it, and resolves once it is gone. */
  async end(signal: "SIGTERM" | "SIGKILL"): Promise<void> {
    const at = Date.now();
    this.exitReason ??= signal === "SIGKILL" ? "killed" : "stopped";
    this.#child.kill(signal);
    const timer = setTimeout(() => {
      this.#journal.note(`replica ${this.number} has not stopped, and is killed`);
      this.#child.kill("SIGKILL");
    }, stopTimeout);
    await this.#gone;
    clearTimeout(timer);
    this.#journal.close(this.number, signal === "SIGKILL" ? at : Date.now());
  }
}
