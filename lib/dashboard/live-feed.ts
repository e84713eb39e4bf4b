import type { RunEvent } from "../index.js";
import type { Rights } from "./access.js";
import type { Beat, Row, Status, StripRun, Update } from "./api.js";
import { EventStream } from "./event-stream.js";

/** The time between two updates, and of silence after which there is a beat, in ms. */
const timeBetweenUpdates = 500;
const timeBetweenBeats = 5_000;

/** How long a viewer is connected before it has to connect, and so to be authorized, again, in ms. */
const longestView = 1_800_000;

/** How often rows are read again that change without an event here, in ms. */
const timeBetweenChecks = 2_000;

/** The most runs in an update. The others are in the strips that the page loads. */
const maxRuns = 5_000;

const encoder = new TextEncoder();

/** What the feed reads. */
export interface FeedSource {
  readonly names: readonly string[];
  readonly state: Status["state"];
  has(worker: string): boolean;
  rows(names?: Iterable<string>): Row[];
  /** Of the process, for a snapshot. */
  readonly process: Status["process"];
  /** The workers that other replicas may run. */
  readonly distributed: Iterable<string>;
  /** Called before each update. */
  onTick(): void;
}

/**
 * Sends what changes to all viewers. Rows are read and serialised once for all of them, at most twice a second, and not at all
 * without a viewer.
 */
export class LiveFeed {
  readonly #source: FeedSource;
  readonly #viewers = new Set<EventStream>();
  readonly #changed = new Set<string>();
  #runs: StripRun[] = [];
  #names: readonly string[] = [];
  #state: Status["state"] = "stopped";
  #sequence = 0;
  #lastSent = 0;
  #lastCheck = 0;
  #timer: NodeJS.Timeout | undefined;
  /** The rows of the snapshots until the next update. */
  #rows: Uint8Array | undefined;

  constructor(source: FeedSource) {
    this.#source = source;
  }

  get sequence(): number {
    return this.#sequence;
  }

  get viewers(): number {
    return this.#viewers.size;
  }

  /** The row of a worker has changed. */
  mark(worker: string): void {
    if (this.#viewers.size > 0) this.#changed.add(worker);
  }

  addRun({ worker, duration = 0, outcome = "done", cause, due: dueTime }: RunEvent, start: number): void {
    if (this.#viewers.size === 0) return;
    this.#changed.add(worker);
    if (this.#runs.length >= maxRuns) return;
    const due = cause === "schedule" ? dueTime : null;
    this.#runs.push({ worker, start, duration: Math.round(duration * 100) / 100, outcome, due });
  }

  /** Opens the events of a viewer, of which the first is a snapshot. */
  open(signal: AbortSignal, rights: Rights): ReadableStream<Uint8Array> {
    if (this.#viewers.size === 0) this.#begin();
    const viewer: EventStream = new EventStream(
      signal,
      () => this.#snapshot(rights),
      (closed) => {
        this.#viewers.delete(closed);
        if (this.#viewers.size === 0) this.#end();
      },
    );
    // It may have been closed already.
    if (signal.aborted) this.#endIfUnwatched();
    else this.#viewers.add(viewer);
    return viewer.body;
  }

  /** Ends the events of all viewers. */
  close(): void {
    const last =
      this.#viewers.size > 0 ? message("beat", this.#sequence, { now: Date.now(), state: this.#source.state }) : undefined;
    for (const viewer of [...this.#viewers]) viewer.close(last);
    this.#endIfUnwatched();
  }

  #begin(): void {
    this.#names = this.#source.names;
    this.#state = this.#source.state;
    this.#lastSent = Date.now();
    this.#timer = setInterval(() => this.#tick(), timeBetweenUpdates).unref();
  }

  #endIfUnwatched(): void {
    if (this.#viewers.size === 0) this.#end();
  }

  #end(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#changed.clear();
    this.#runs = [];
    this.#rows = undefined;
    this.#names = [];
  }

  #tick(): void {
    this.#source.onTick();
    this.#dropViewers();
    if (this.#viewers.size === 0) return;
    const now = Date.now();
    if (now - this.#lastCheck > timeBetweenChecks) {
      this.#lastCheck = now;
      for (const name of this.#source.distributed) this.#changed.add(name);
    }
    const removed = this.#compareNames();
    const { state } = this.#source;
    // The events are of all runners of the process.
    const rows = withoutStacks(this.#source.rows(this.#changed));
    const runs = this.#runs.filter(({ worker }) => this.#source.has(worker));
    this.#changed.clear();
    this.#runs = [];
    if (rows.length + removed.length > 0 || state !== this.#state) {
      const sequence = ++this.#sequence;
      const update: Update = { now, state, sequence, rows, removed, runs };
      this.#rows = undefined;
      this.#state = state;
      this.#send("update", update);
    } else if (now - this.#lastSent >= timeBetweenBeats) {
      this.#send("beat", { now, state });
    }
  }

  #dropViewers(): void {
    for (const viewer of [...this.#viewers]) if (viewer.isStalled || viewer.age > longestView) viewer.close();
  }

  /** Marks the workers that were added, and returns those that were removed. */
  #compareNames(): string[] {
    const { names } = this.#source;
    if (names === this.#names) return [];
    const [before, after] = [new Set(this.#names), new Set(names)];
    for (const name of names) if (!before.has(name)) this.#changed.add(name);
    const removed = this.#names.filter((name) => !after.has(name));
    this.#names = names;
    return removed;
  }

  #send(event: "update", data: Update): void;
  #send(event: "beat", data: Beat): void;
  #send(event: string, data: object): void {
    this.#lastSent = Date.now();
    const bytes = message(event, this.#sequence, data);
    for (const viewer of [...this.#viewers]) viewer.send(bytes);
  }

  /** The rows are shared by all viewers, their rights are not. */
  #snapshot(rights: Rights): Uint8Array[] {
    this.#rows ??= encoder.encode(JSON.stringify(withoutStacks(this.#source.rows())));
    const { process, state } = this.#source;
    const head = JSON.stringify({ now: Date.now(), process, state, rights, sequence: this.#sequence });
    const start = `id: ${this.#sequence}\nevent: snapshot\ndata: ${head.slice(0, -1)},"workers":`;
    return [encoder.encode(start), this.#rows, encoder.encode("}\n\n")];
  }
}

function withoutStacks(rows: Row[]): Row[] {
  for (const row of rows) row.lastErrorStack = null;
  return rows;
}

function message(event: string, sequence: number, data: object): Uint8Array {
  return encoder.encode(`id: ${sequence}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
}
