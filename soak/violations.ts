/**
 * The checks by their names in the report, in its order, and what each one requires. What happened is judged by what the code of
 * the workers saw. Time limits use a clock that advances with the event loop, so that a slow machine does not violate them.
 */
export const checks = {
  "no overlap": "no run of a worker begins while another run of it is in progress",
  "paused is paused": "after a fulfilled pause or remove, no run begins until the next command to that worker",
  /**
   * Each worker shows activity within 20 s unless it is paused or completed, and within 12 s once faults are off. A worker leaves
   * only when its run has ended. `run()` does not end by itself. (A soak of less than 20 s cannot check the first.)
   */
  "no lost worker": "status() lists exactly the workers that were added and not removed, and each is active",
  /**
   * A command settles within 3 s if it stops the worker, and within 12 s otherwise. After a fulfilled `trigger` a run has
   * succeeded, after `pause` and `remove` none is in progress, and a removed worker has left the runner. A `ShutdownTimeoutError`
   * names only workers of the target that run. Only a nested runner that stops rejects `add`. A worker that has stopped after
   * `remove` leaves the runner within 20 s.
   */
  commands: "each one settles in time, and has its effect or is rejected with a known error for a known cause",
  counts: "runs and failures in status() are those of the run logs",
  /** Its other errors are those of runs that failed while they were stopped. */
  shutdown: "run() settles within 10 s and names exactly the hung workers; then each phase is stopped",
  "runs end": "5 s after the hung runs are released, no run is in progress",
  "second run": "all runners are up within 1 s, and stop() and run() resolve within 10 s",
  garbage: "at most 100 each of the removed workers, their sources and the contexts of ended runs are reachable",
  "heap, slope": "after a third of the time, the heap grows by at most 4 bytes a run or 1.5 MB in all, with 99% confidence",
  "heap, after": "with all workers dropped, the heap is at most 3 MB larger than before",
  listeners: "none are left on the signals of runs, the signal passed to run(), and the process",
  handles: "no timer or other handle is left that keeps the process alive",
  process: "there is no warning, unhandled rejection or uncaught exception",
} as const;

export type Check = keyof typeof checks;

/** How many violations of each check are kept as text, so that a broken library does not fill the memory. */
const kept = 5;

/** The violations found so far, counted by check. */
export class Violations {
  readonly #found = new Map<string, { count: number; readonly first: string[] }>();

  add(check: Check, violation: string): void {
    const found = this.of(check);
    this.#found.set(check, found);
    if (++found.count <= kept) found.first.push(violation);
  }

  of(check: string): { count: number; readonly first: string[] } {
    return this.#found.get(check) ?? { count: 0, first: [] };
  }

  get count(): number {
    return [...this.#found.values()].reduce((sum, { count }) => sum + count, 0);
  }

  /** The report: a line for each check, and below a failed check its first violations. */
  report(): string[] {
    return Object.entries(checks).flatMap(([check, requirement]) => {
      const { count, first } = this.of(check);
      const line = `${count === 0 ? "ok    " : "FAILED"}  ${check.padEnd(16)}  ${requirement}`;
      if (count === 0) return line;
      return [`${line}; violations: ${count}, the first:`, ...first.map((text) => `          ${text}`)];
    });
  }
}
