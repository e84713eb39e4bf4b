import { InvalidArgumentError } from "../index.js";
import type { Peak, Timeline, WorkerTimeline } from "./timeline.js";
import { timelineSvg } from "./timeline-svg.js";
import { timelineText } from "./timeline-text.js";

/** What a simulation has done: its timeline, and ways to look at it. */
export class Simulation {
  readonly timeline: Timeline;
  readonly #byName: ReadonlyMap<string, WorkerTimeline>;

  constructor(timeline: Timeline) {
    this.timeline = timeline;
    this.#byName = new Map(timeline.workers.map((worker) => [worker.name, worker]));
  }

  /** The names of all workers, in the order of their declaration. */
  get workers(): readonly string[] {
    return this.timeline.workers.map(({ name }) => name);
  }

  /** The most runs at a time, and the most attempts in a second, and when. */
  get peak(): Peak {
    return this.timeline.peak;
  }

  /** Runs of one worker at the same time, on two replicas. */
  get overlaps(): Timeline["overlaps"] {
    return this.timeline.overlaps;
  }

  /** Why the service ended before the simulated time did; null if it did not. */
  get endedEarly(): Timeline["endedEarly"] {
    return this.timeline.endedEarly;
  }

  /**
   * What one worker has done.
   * @throws InvalidArgumentError if there is no such worker
   */
  of(name: string): WorkerTimeline {
    const worker = this.#byName.get(name);
    if (worker !== undefined) return worker;
    throw new InvalidArgumentError(`There is no worker "${name}" in the simulation: use one of ${this.workers.join(", ")}`);
  }

  /**
   * A line a worker, and a column an hour or longer, for a terminal of 100 columns; with the load, its peaks, and what was done
   * to the service.
   */
  toText(): string {
    return timelineText(this.timeline);
  }

  /**
   * A picture of all workers, as a document of at most about 1 MB that needs no other file: runs, failures, backoffs, missed
   * runs, outages, commands, and the load. It is light, or dark where the reader prefers that.
   */
  toSVG(): string {
    return timelineSvg(this.timeline);
  }

  toJSON(): Timeline {
    return this.timeline;
  }
}
