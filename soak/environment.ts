import { setTimeout as sleep } from "node:timers/promises";
import { LeakCheck } from "./leak-check.js";
import { LoopClock } from "./loop-clock.js";
import { Random } from "./random.js";
import { RunLogs } from "./run-log.js";
import type { Violations } from "./violations.js";

/** What all parts of one soak share. */
export class Environment {
  readonly clock = new LoopClock();
  readonly faults = new Faults();
  readonly leakCheck = new LeakCheck();
  readonly runLogs: RunLogs;
  readonly random: Random;

  constructor(
    readonly violations: Violations,
    seed: number,
  ) {
    this.runLogs = new RunLogs(this.clock, violations);
    this.random = new Random(seed);
  }
}

/** The faults that are injected: whether runs fail and hang, and for how long they hang. */
class Faults {
  /** No run fails or hangs. */
  areOff = false;
  areHangsEndless = false;
  /** The runs that hang; each is released by an abort. */
  readonly hanging = new Set<AbortController>();

  /** Resolves after `ms`, at once if faults are off, and not before {@link turnOff} if hangs are endless. */
  async hang(ms: number): Promise<void> {
    if (this.areOff) return;
    const release = new AbortController();
    this.hanging.add(release);
    await sleep(this.areHangsEndless ? endless : ms, undefined, { signal: release.signal }).catch(() => {});
    this.hanging.delete(release);
  }

  /** Prevents failures and hangs, and releases all runs that hang. */
  turnOff(): void {
    this.areOff = true;
    for (const release of this.hanging) release.abort();
  }
}

/** The longest delay of a Node timer, in ms. */
const endless = 2 ** 31 - 1;
