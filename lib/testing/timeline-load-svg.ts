import { countOf, durationText } from "./figures.js";
import { px } from "./svg-path.js";
import type { Timeline } from "./timeline.js";
import type { TimelineLayout } from "./timeline-layout.js";
import type { ZoneClock } from "./zone-clock.js";

const dayMs = 86_400_000;

const curveHeight = 44;
/** The room for the label of a peak, and between two curves. */
const labelHeight = 26;

/** The height of both curves. */
export const loadHeight = 2 * (curveHeight + labelHeight);

/** Values of equal parts of the time, the last of which may be shorter. */
interface Curve {
  readonly kind: "concurrent" | "started";
  readonly name: string;
  readonly values: readonly number[];
  /** The length of a part, in ms. */
  readonly length: number;
  /** What is written at the peak, in ms since the epoch. */
  readonly peakAt: number;
  readonly peakLabel: string;
}

/** Draws how many runs were under way, and how many started, below the rows; each with its peak. */
export function drawLoad(timeline: Timeline, layout: TimelineLayout, clock: ZoneClock, top: number): string {
  return curvesOf(timeline, clock)
    .map((curve, index) => drawCurve(curve, timeline.start, layout, top + (index + 1) * (curveHeight + labelHeight)))
    .join("");
}

function curvesOf({ start, end, load, peak, workers, columns }: Timeline, clock: ZoneClock): Curve[] {
  const part = (end - start) / load.length;
  // A part that is neither a day nor shorter has one night or two by chance.
  const starts =
    columns.length < dayMs
      ? { values: load.map(({ started }) => started), length: part }
      : {
          values: Array.from({ length: columns.count }, (_, index) =>
            workers.reduce((sum, { tallies }) => sum + (tallies[index]?.runs ?? 0), 0),
          ),
          length: columns.length,
        };
  return [
    {
      kind: "concurrent",
      name: "runs at a time",
      values: load.map(({ concurrent }) => concurrent),
      length: part,
      peakAt: peak.concurrentAt,
      peakLabel: `at most ${countOf(peak.concurrent)}, first at ${clock.moment(peak.concurrentAt)}`,
    },
    {
      kind: "started",
      name: `starts per ${durationText(starts.length)}`,
      ...starts,
      peakAt: peak.attemptsPerSecondAt,
      peakLabel: `at most ${countOf(peak.attemptsPerSecond)} in one second, ${clock.moment(peak.attemptsPerSecondAt)}`,
    },
  ];
}

function drawCurve(
  { kind, name, values, length, peakAt, peakLabel }: Curve,
  start: number,
  layout: TimelineLayout,
  bottom: number,
): string {
  const highest = values.reduce((most, value) => Math.max(most, value), 0);
  if (highest === 0) return "";
  const { left, right, labelEnd } = layout;
  const edges = values.map((_, index) => layout.x(start + index * length));
  const yOf = (value: number): number => bottom - (value / highest) * curveHeight;
  const peakX = layout.x(peakAt);
  const peakY = yOf(values[Math.floor((peakAt - start) / length)] ?? 0);
  const isRight = peakX > (left + right) / 2;
  return [
    `<g><path class="area ${kind}" d="${areaOf(values, edges, right, bottom, yOf)}"/>`,
    `<path class="base" d="M${px(left)} ${px(bottom)}H${px(right)}"/>`,
    `<text class="curve" x="${labelEnd}" y="${px(bottom - curveHeight / 2 + 4)}">${name}</text>`,
    `<text class="axis side" x="${px(right + 6)}" y="${px(bottom - curveHeight + 8)}">${countOf(highest)}</text>`,
    `<text class="axis side" x="${px(right + 6)}" y="${px(bottom)}">0</text>`,
    `<circle class="peak" cx="${px(peakX)}" cy="${px(peakY)}" r="3"/>`,
    `<text class="label${isRight ? " end" : ""}" x="${px(peakX + (isRight ? 3 : -3))}" y="${px(bottom - curveHeight - 8)}">${peakLabel}</text></g>`,
  ].join("");
}

/** Steps from the base up to each value, and back to the base. */
function areaOf(
  values: readonly number[],
  edges: readonly number[],
  right: number,
  bottom: number,
  yOf: (value: number) => number,
): string {
  let data = `M${px(edges[0] ?? 0)} ${px(bottom)}`;
  let last = px(bottom);
  values.forEach((value, index) => {
    const y = px(yOf(value));
    if (y === last) return;
    data += `H${px(edges[index] ?? 0)}V${y}`;
    last = y;
  });
  return `${data}H${px(right)}V${px(bottom)}z`;
}
