import type { LoopClock } from "./loop-clock.js";
import type { Violations } from "./violations.js";

/** How a run ended. `uncertain`: it succeeded, but may have exceeded its timeout on the library's clock. */
export type RunResult = "ended" | "failed" | "completed" | "uncertain";

/** The runs of one worker, recorded by its own code. Adds a violation if two runs overlap, or if one begins while none may. */
export class RunLog {
  // Since the library last reset its own counts.
  runs = 0;
  failures = 0;
  uncertain = 0;
  // Since the worker was created.
  totalRuns = 0;
  totalFailures = 0;
  /** The last sign of activity, on the clock of the event loop. */
  activeAt = 0;
  /** When the last run ended: on the real clock, and in which turn of the event loop. */
  lastEnd = { at: Number.NEGATIVE_INFINITY, turn: Number.NEGATIVE_INFINITY };
  /** No run may begin: the worker is paused or removed. */
  isHeld = false;
  /** The last run completed the worker, which must not run again by itself. */
  isCompleted = false;

  /** @param name replaced by the name that the library passes to each run */
  constructor(
    public name: string,
    private readonly all: RunLogs,
  ) {
    this.recordActivity();
  }

  get isOpen(): boolean {
    return this.all.open.has(this);
  }

  /** Starts counting at 0, as the library does when a worker is added or its runner starts. */
  resetCounts(): void {
    this.runs = this.failures = this.uncertain = 0;
    this.isHeld = false;
    this.recordActivity();
  }

  recordActivity(): void {
    this.activeAt = this.all.clock.now;
  }

  begin(name: string): void {
    const { violations, open } = this.all;
    this.name = name;
    if (this.isOpen) violations.add("no overlap", `${name}: a run began while another was in progress`);
    if (this.isHeld) violations.add("paused is paused", `${name}: a run began while it was paused`);
    this.isCompleted = false;
    this.runs++;
    this.totalRuns++;
    this.all.runs++;
    open.add(this);
    this.recordActivity();
  }

  end(result: RunResult): void {
    const { open, justEnded, clock } = this.all;
    this.lastEnd = { at: performance.now(), turn: clock.turn };
    open.delete(this);
    this.all.forgetEnded();
    justEnded.add(this);
    this.isCompleted = result === "completed";
    if (result === "uncertain") this.uncertain++;
    if (result === "failed") {
      this.failures++;
      this.totalFailures++;
      this.all.failures++;
    }
    this.recordActivity();
  }
}

/** The runs of all workers, as the workers' own code sees them: nothing in here comes from the library. */
export class RunLogs {
  /** The logs with a run in progress. */
  readonly open = new Set<RunLog>();
  /** The logs whose run ended within the last turn of the event loop, after {@link forgetEnded}. */
  readonly justEnded = new Set<RunLog>();
  runs = 0;
  failures = 0;

  constructor(
    readonly clock: Pick<LoopClock, "now" | "turn">,
    readonly violations: Violations,
  ) {}

  /** Whether a run of the worker of that name is in progress, or ended within the last turn of the event loop. */
  hasRunOf(name: string): boolean {
    this.forgetEnded();
    return [...this.open, ...this.justEnded].some((log) => log.name === name);
  }

  forgetEnded(): void {
    for (const log of this.justEnded) if (log.lastEnd.turn < this.clock.turn - 1) this.justEnded.delete(log);
  }
}
