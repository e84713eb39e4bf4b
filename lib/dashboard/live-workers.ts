import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import { observe, type Runner, type RunnerState, type WorkerStatus } from "../index.js";
import type { Rights } from "./access.js";
import type { Row, Status } from "./api.js";
import { History } from "./history.js";
import { LiveFeed } from "./live-feed.js";
import { type DirectoryEntry, WorkerDirectory } from "./worker-directory.js";

/** How long after an error its stack is read from the status, in ms, while there is no viewer. */
const timeToResolve = 500;

/** The workers of a runner with their history, and what changes. Observes the events of the library while it is open. */
export class LiveWorkers {
  readonly directory: WorkerDirectory;
  readonly history: History;
  readonly process = describeProcess();
  readonly #runner: Runner;
  readonly #feed: LiveFeed;
  #unsubscribe: (() => void)[] = [];
  #timer: NodeJS.Timeout | undefined;
  /** The errors in the history that are not of a run that has ended, with their worker: their run may end with them. */
  readonly #early = new WeakMap<Error, string>();
  /** The others. */
  readonly #recorded = new WeakSet<Error>();
  readonly #servesDashboard: (entry: DirectoryEntry) => boolean;

  /** @param servesDashboard whether a worker serves the dashboard */
  constructor(runner: Runner, historyBytes: number, servesDashboard: (entry: DirectoryEntry) => boolean) {
    this.#runner = runner;
    this.#servesDashboard = servesDashboard;
    this.directory = new WorkerDirectory(runner);
    this.history = new History(historyBytes, (worker) => this.has(worker));
    this.#feed = new LiveFeed(this);
  }

  /** Subscribes to the events, unless it has already. */
  open(): void {
    if (this.#unsubscribe.length > 0) return;
    const mark = ({ worker }: { readonly worker: string }): void => this.#feed.mark(worker);
    const addError = ({ worker, error }: { readonly worker: string; readonly error: Error | undefined }): void => {
      this.#feed.mark(worker);
      if (error === undefined || this.#recorded.has(error) || this.#early.get(error) === worker) return;
      this.#early.set(error, worker);
      this.history.addError(worker, error);
      this.#resolveLater();
    };
    this.#unsubscribe = [
      observe("watchbill:run", {
        start: mark,
        end: (event) => {
          const start = Math.round(Date.now() - (event.duration ?? 0));
          const { error, worker } = event;
          this.history.addRun(event, start, error !== undefined && this.#early.get(error) === worker);
          this.#feed.addRun(event, start);
          if (error === undefined) return;
          this.#early.delete(error);
          this.#recorded.add(error);
          this.#resolveLater();
        },
      }),
      observe("watchbill:missed", (event) => {
        this.history.addMiss(event);
        this.#feed.mark(event.worker);
      }),
      observe("watchbill:exit", addError),
      observe("watchbill:health", addError),
      ...(["watchbill:start", "watchbill:restart", "watchbill:retry", "watchbill:timeout", "watchbill:hung"] as const).map(
        (name) => observe(name, mark),
      ),
      observe("watchbill:command", mark),
    ];
  }

  /** Ends all streams, and keeps the history. */
  endStreams(): void {
    this.#feed.close();
  }

  /** Unsubscribes, ends all streams, and drops the history. */
  close(): void {
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
    this.#unsubscribe = [];
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#feed.close();
    this.history.clear();
  }

  get names(): readonly string[] {
    return this.directory.names;
  }

  get state(): RunnerState {
    return this.#runner.state;
  }

  get sequence(): number {
    return this.#feed.sequence;
  }

  get viewers(): number {
    return this.#feed.viewers;
  }

  has(worker: string): boolean {
    return this.directory.get(worker) !== undefined;
  }

  rows(names?: Iterable<string>): Row[] {
    const rows = names === undefined ? this.directory.rows() : this.directory.rowsOf(names);
    return rows.map((row) => {
      const { name } = row;
      const full: Row = Object.assign(row, {
        successRate: this.history.successRateOf(name),
        failingSince: failingSince(row, this.history.firstFailureOf(name)),
      });
      const entry = this.directory.get(name);
      if (entry !== undefined && this.#servesDashboard(entry)) full.servesDashboard = true;
      return full;
    });
  }

  find(name: string): { readonly entry: DirectoryEntry; readonly row: Row } | undefined {
    const entry = this.directory.get(name);
    const [row] = entry === undefined ? [] : this.rows([name]);
    return entry === undefined || row === undefined ? undefined : { entry, row };
  }

  get distributed(): Iterable<string> {
    return this.names.filter((name) => this.directory.get(name)?.worker.distributed === true);
  }

  /** The events of a viewer. */
  stream(signal: AbortSignal, rights: Rights): ReadableStream<Uint8Array> {
    return this.#feed.open(signal, rights);
  }

  onTick(): void {
    this.resolveErrors();
  }

  /** Adds the stacks of errors to the history: the status has them soon after the event. */
  resolveErrors(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const { unresolved } = this.history;
    if (unresolved.size === 0) return;
    const names = [...unresolved];
    for (const { name, lastError, lastErrorStack } of this.directory.rowsOf(names))
      this.history.resolve(name, lastError, lastErrorStack);
    for (const name of names) if (unresolved.has(name)) this.history.resolve(name, null, null);
  }

  #resolveLater(): void {
    if (this.history.unresolved.size > 0) this.#timer ??= setTimeout(() => this.resolveErrors(), timeToResolve).unref();
  }
}

/** @param firstFailure of the runs since the last success, as far as they are known: those of other replicas are not */
function failingSince(row: WorkerStatus, firstFailure: number | null): number | null {
  const { health, healthSince, attempt, lastErrorAt, lastSuccess, schedule } = row;
  // While a run is being retried, its health is still what it was. A continuous worker may report that it is well after a retry.
  const isRetried = attempt > 0 && schedule !== null;
  if (health !== "firing" && !isRetried) return null;
  const known = health === "firing" ? healthSince : lastErrorAt;
  if (firstFailure === null || firstFailure < (lastSuccess ?? 0)) return known;
  return Math.min(firstFailure, known ?? firstFailure);
}

function describeProcess(): Status["process"] {
  const startedAt = Math.round(Date.now() - process.uptime() * 1_000);
  const { timeZone } = new Intl.DateTimeFormat().resolvedOptions();
  return { host: hostname(), pid: process.pid, startedAt, version: ownVersion(), node: process.version, timeZone };
}

/** The version of this library; `""` if it was bundled without its package.json. */
function ownVersion(): string {
  try {
    const manifest: unknown = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
    if (typeof manifest === "object" && manifest !== null && "version" in manifest) return String(manifest.version);
  } catch {
    // The version is only shown.
  }
  return "";
}
