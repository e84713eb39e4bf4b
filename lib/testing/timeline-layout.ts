import { columnsOf } from "./printable.js";
import type { Timeline } from "./timeline.js";
import { groupRows, type WorkerRow } from "./timeline-groups.js";
import type { ScaleStep, ZoneClock } from "./zone-clock.js";

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

/** The width of the picture, in px as all that follows. */
export const pictureWidth = 1_200;
export const margin = 20;
/** The width of a column of figures, right of the rows. */
export const figureWidth = 56;
const longestLabel = 220;

/** Steps of the scale. */
const steps: readonly ScaleStep[] = [
  ...[1, 2, 5, 10, 15, 30].map((count) => ({ ms: count * second })),
  ...[1, 2, 5, 10, 15, 30].map((count) => ({ ms: count * minute })),
  ...[1, 2, 3, 6, 12].map((count) => ({ ms: count * hour })),
  { ms: day },
  { ms: 2 * day },
  { ms: 7 * day },
  ...[1, 2, 3, 6, 12].map((months) => ({ months })),
];

/** Steps of the parts in which runs are counted where there are many: those in which schedules repeat evenly. */
const binSteps: readonly number[] = [
  ...[1, 2, 5, 10, 15, 30].map((count) => count * second),
  ...[1, 2, 5, 10, 15, 30].map((count) => count * minute),
  ...[1, 2, 3, 6].map((count) => count * hour),
  day,
  7 * day,
];

/** A worker's row. */
export interface PlacedRow extends WorkerRow {
  /** Its upper edge. */
  readonly top: number;
}

export interface PlacedTitle {
  readonly title: string;
  /** The line on which it is written. */
  readonly baseline: number;
}

/** How high rows and their parts are; the more workers there are, the lower. */
export interface RowSizes {
  readonly row: number;
  readonly font: number;
  /** The bar of a run. */
  readonly bar: number;
  /** The bar of a run that has failed. */
  readonly failed: number;
  readonly title: number;
}

/** Where the rows and the times of a timeline are in its picture. */
export class TimelineLayout {
  readonly left: number;
  readonly right: number;
  readonly sizes: RowSizes;
  readonly rows: readonly PlacedRow[];
  readonly titles: readonly PlacedTitle[];
  /** The lower edge of the last row, if the first group begins at 0. */
  readonly height: number;
  readonly #start: number;
  readonly #scale: number;
  readonly #clock: ZoneClock;

  constructor({ start, end, workers }: Timeline, clock: ZoneClock) {
    this.#clock = clock;
    this.sizes = sizesFor(workers.length);
    const groups = groupRows(workers);
    const indent = groups.some(({ title }) => title !== null) ? 10 : 0;
    const widest = groups.flatMap(({ rows }) => rows).reduce((most, { label }) => Math.max(most, columnsOf(label)), 8);
    this.left = margin + indent + Math.min(Math.max(Math.ceil(widest * this.sizes.font * 0.6), 80), longestLabel) + 10;
    this.right = pictureWidth - margin - 3 * figureWidth;
    this.#start = start;
    this.#scale = (this.right - this.left) / (end - start);
    const [rows, titles]: [PlacedRow[], PlacedTitle[]] = [[], []];
    let top = 0;
    for (const group of groups) {
      if (group.title !== null) {
        top += this.sizes.title;
        titles.push({ title: group.title, baseline: top - 5 });
      }
      for (const row of group.rows) {
        rows.push({ ...row, top });
        top += this.sizes.row;
      }
    }
    [this.rows, this.titles, this.height] = [rows, titles, top];
  }

  /** The width of the part with the rows. */
  get width(): number {
    return this.right - this.left;
  }

  /** The end of the room for labels. */
  get labelEnd(): number {
    return this.left - 10;
  }

  x(at: number): number {
    return Math.min(Math.max(this.left + (at - this.#start) * this.#scale, this.left), this.right);
  }

  /** Whether times of day are to be seen; if not, days are. */
  get showsHours(): boolean {
    const step = this.#step(54);
    return "ms" in step && step.ms < day;
  }

  /** Whether days are to be seen; if not, months are. */
  get showsDays(): boolean {
    return "ms" in this.#step(54);
  }

  /** The times of the scale, with at least as many px between two of them. */
  ticks(distance = 54): number[] {
    return this.#clock.ticks(this.#step(distance));
  }

  #step(distance: number): ScaleStep {
    return steps.find((step) => ("ms" in step ? step.ms : step.months * 28 * day) * this.#scale >= distance) ?? { months: 12 };
  }

  /** The edges of equal parts of the time that are at least as wide, from the start to the end. */
  binEdges(width: number, start: number, end: number): number[] {
    const ms = binSteps.find((step) => step * this.#scale >= width);
    const ticks = this.#clock.ticks(ms === undefined ? { months: 1 } : { ms });
    return [start, ...ticks.filter((at) => at > start && at < end), end];
  }
}

function sizesFor(workers: number): RowSizes {
  if (workers <= 12) return { row: 26, font: 12, bar: 12, failed: 20, title: 26 };
  if (workers <= 30) return { row: 20, font: 11.5, bar: 10, failed: 16, title: 24 };
  if (workers <= 70) return { row: 15, font: 10.5, bar: 8, failed: 13, title: 22 };
  if (workers <= 130) return { row: 11, font: 9, bar: 6, failed: 10, title: 19 };
  return { row: 9, font: 7.5, bar: 4, failed: 8, title: 17 };
}
