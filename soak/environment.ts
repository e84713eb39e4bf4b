import type { LeakCheck } from "./leak-check.js";
import type { LoopClock } from "./loop-clock.js";
import type { RunLogs } from "./run-log.js";
import type { Violations } from "./violations.js";

/** What all parts of one soak share. */
export interface Environment {
  readonly clock: LoopClock;
  readonly violations: Violations;
  readonly runLogs: RunLogs;
  readonly faults: Faults;
  readonly leakCheck: LeakCheck;
}

/** The faults that are injected: whether runs fail and hang, and for how long they hang. */
export class Faults {
  /** No run fails or hangs. */
  areOff = false;
  areHangsEndless = false;
  /** Each releases a run that hangs. */
  readonly releases = new Set<() => void>();

  /** Resolves after `ms`, at once if faults are off, and not before {@link turnOff} if hangs are endless. */
  hang(ms: number): Promise<void> {
    if (this.areOff) return Promise.resolve();
    return new Promise((resolve) => {
      const release = (): void => {
        clearTimeout(timer);
        this.releases.delete(release);
        resolve();
      };
      const timer = this.areHangsEndless ? undefined : setTimeout(release, ms);
      this.releases.add(release);
    });
  }

  /** Prevents failures and hangs, and releases all runs that hang. */
  turnOff(): void {
    this.areOff = true;
    for (const release of this.releases) release();
  }
}
