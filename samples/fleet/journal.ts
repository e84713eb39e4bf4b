import type { Report } from "./report.js";

/** One run, as a replica has reported it. */
export interface Run {
  readonly replica: number;
  readonly worker: string;
  /** In ms since the epoch. */
  readonly begun: number;
  /** Infinity as long as it goes on. */
  readonly ended: number;
  readonly isDone: boolean;
}

/** Something that happened in a second, in a line. */
export interface Note {
  readonly second: number;
  readonly text: string;
}

/** All runs of all replicas, as they have reported them, and what else happened. */
export class Journal {
  readonly #runs: Run[] = [];
  readonly #notes: Note[] = [];

  /** What has been charged once a second by the fleet. */
  get charges(): readonly Run[] {
    return this.#of("billing/chargeAll");
  }

  /** Who has watched for payments. */
  get watches(): readonly Run[] {
    return this.#of("billing/watchPayments");
  }

  /** Who watches now. */
  get watch(): Run | undefined {
    return this.watches.find(({ ended }) => ended === Infinity);
  }

  get refreshes(): readonly Run[] {
    return this.#of("billing/refreshRates");
  }

  /** When the first second of the fleet began: at the first run of chargeAll, which starts at once. */
  get start(): number | undefined {
    return this.charges[0]?.begun;
  }

  /** The second of a time. Allows some ms for the report of the first run to arrive. */
  secondOf(time: number): number {
    return Math.floor((time - (this.start ?? time) + 20) / 1_000);
  }

  get notes(): readonly Note[] {
    return this.#notes;
  }

  /** Adds something that happens now. */
  note(text: string): void {
    this.#notes.push({ second: this.secondOf(Date.now()), text });
  }

  add(replica: number, { worker, stage, at }: Report): void {
    if (stage === "begun") this.#runs.push({ replica, worker, begun: at, ended: Infinity, isDone: false });
    else this.#end((run) => run.replica === replica && run.worker === worker, at, stage === "done");
  }

  /** A replica is gone, and whatever it was doing has been cut short. */
  close(replica: number, at: number): void {
    this.#end((run) => run.replica === replica, at, false);
  }

  #end(isMeant: (run: Run) => boolean, ended: number, isDone: boolean): void {
    for (const [index, run] of this.#runs.entries()) {
      if (run.ended === Infinity && isMeant(run)) this.#runs[index] = { ...run, ended, isDone };
    }
  }

  #of(worker: string): Run[] {
    return this.#runs.filter((run) => run.worker === worker).sort((one, other) => one.begun - other.begun);
  }
}
