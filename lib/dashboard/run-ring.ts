/** Outcomes of runs by their code, as in `api/strips`. */
export const outcomes = ["done", "failed", "stopped", "completed"] as const;
export const causes = ["schedule", "command", "retry", "start"] as const;
export const missedReasons = ["busy", "blocked", "paused"] as const;

/** A run that has ended. */
export interface RecordedRun {
  /** In ms since the epoch. */
  readonly start: number;
  readonly duration: number;
  readonly lateness: number;
  readonly outcome: number;
  readonly cause: number;
  readonly attempt: number;
  /** The number of its error among those of the worker; 0 if there is none. */
  readonly error: number;
}

/** Runs that were due and did not start. */
export interface RecordedMiss {
  readonly at: number;
  readonly count: number;
  readonly reason: number;
}

export const bytesOfRecord = 20;

/** Misses for the same reason within this time are one record, in ms. */
const timeOfOneMiss = 10_000;

/** The code of the first reason for a miss; those below are of outcomes. */
const firstReason = outcomes.length;

export const largestError = 2_047;

/**
 * The last runs and missed runs of one worker, in one buffer. A new record replaces the oldest when the buffer is full.
 *
 * A record is the start (8 bytes), duration and lateness (4 each), and a word with the kind (3 bits), the cause (2 bits), the
 * number of the error (11 bits) and the attempt (16 bits). In the record of a miss, the duration is the count.
 */
export class RunRing {
  #view: DataView;
  #first = 0;
  #length = 0;
  /** How many of the runs in it have succeeded and failed. */
  #done = 0;
  #failed = 0;

  /** @param capacity in records */
  constructor(capacity: number) {
    this.#view = new DataView(new ArrayBuffer(capacity * bytesOfRecord));
  }

  get capacity(): number {
    return this.#view.byteLength / bytesOfRecord;
  }

  get isFull(): boolean {
    return this.#length === this.capacity;
  }

  /** The share of runs that succeeded among those in the ring that succeeded or failed; null if there are none. */
  get successRate(): number | null {
    const ended = this.#done + this.#failed;
    return ended === 0 ? null : this.#done / ended;
  }

  addRun({ start, duration, lateness, outcome, cause, attempt, error }: RecordedRun): void {
    this.#count(outcome, 1);
    this.#add(start, duration, lateness, outcome | (cause << 3) | (error << 5) | (Math.min(attempt, 65_535) << 16));
  }

  addMiss({ at, count, reason }: RecordedMiss): void {
    const kind = firstReason + reason;
    if (this.#length > 0) {
      const offset = this.#offset(this.#length - 1);
      if (kindAt(this.#view, offset) === kind && at - this.#view.getFloat64(offset) < timeOfOneMiss) {
        this.#view.setFloat32(offset + 8, this.#view.getFloat32(offset + 8) + count);
        return;
      }
    }
    this.#add(at, count, 0, kind);
  }

  /** Calls back for each record, the newest first, until a callback returns false. */
  visit(onRun: (run: RecordedRun) => boolean, onMiss: (miss: RecordedMiss) => boolean): void {
    for (let index = this.#length - 1; index >= 0; index--) {
      const offset = this.#offset(index);
      const kind = kindAt(this.#view, offset);
      const start = this.#view.getFloat64(offset);
      const duration = this.#view.getFloat32(offset + 8);
      if (kind >= firstReason) {
        if (!onMiss({ at: start, count: duration, reason: kind - firstReason })) return;
        continue;
      }
      const lateness = this.#view.getFloat32(offset + 12);
      const word = this.#view.getUint32(offset + 16);
      const run = { start, duration, lateness, outcome: kind, cause: (word >>> 3) & 3, attempt: word >>> 16 };
      if (!onRun({ ...run, error: (word >>> 5) & largestError })) return;
    }
  }

  /** Changes the capacity. Keeps the newest records that fit. */
  resize(capacity: number): void {
    const old = new Uint8Array(this.#view.buffer);
    const kept = Math.min(this.#length, capacity);
    const view = new DataView(new ArrayBuffer(capacity * bytesOfRecord));
    const target = new Uint8Array(view.buffer);
    for (let index = 0; index < this.#length - kept; index++) this.#count(kindAt(this.#view, this.#offset(index)), -1);
    for (let index = 0; index < kept; index++) {
      const offset = this.#offset(this.#length - kept + index);
      target.set(old.subarray(offset, offset + bytesOfRecord), index * bytesOfRecord);
    }
    this.#view = view;
    this.#first = 0;
    this.#length = kept;
  }

  #add(start: number, duration: number, lateness: number, word: number): void {
    if (this.isFull) {
      this.#count(kindAt(this.#view, this.#offset(0)), -1);
      this.#first = (this.#first + 1) % this.capacity;
      this.#length--;
    }
    const offset = this.#offset(this.#length++);
    this.#view.setFloat64(offset, start);
    this.#view.setFloat32(offset + 8, duration);
    this.#view.setFloat32(offset + 12, lateness);
    this.#view.setUint32(offset + 16, word >>> 0);
  }

  #count(kind: number, change: 1 | -1): void {
    const outcome = outcomes[kind];
    if (outcome === "done" || outcome === "completed") this.#done += change;
    else if (outcome === "failed") this.#failed += change;
  }

  #offset(index: number): number {
    return ((this.#first + index) % this.capacity) * bytesOfRecord;
  }
}

function kindAt(view: DataView, offset: number): number {
  return view.getUint32(offset + 16) & 7;
}
