import { columnsOf, cutTo } from "./printable.js";
import { BarPath, escapeXml, px } from "./svg-path.js";
import type { Timeline } from "./timeline.js";
import { type Incident, incidentsOf } from "./timeline-incidents.js";
import { margin, pictureWidth, type TimelineLayout } from "./timeline-layout.js";
import type { ZoneClock } from "./zone-clock.js";

export const laneHeight = 16;
const mostLanes = 5;
/** The width of a character of a label. */
const characterWidth = 6.3;
const longestLabel = 44;

/** In px. */
interface Span {
  readonly from: number;
  readonly to: number;
}

/** Incidents that are so close to each other that they have one label; or a change of the clock. */
interface Mark extends Span {
  readonly kind: Incident["kind"] | "clock";
  /** Each of them. */
  readonly spans: readonly Span[];
  readonly label: string;
  readonly description: string;
  /** The workers whose rows it is drawn through; all if undefined. */
  readonly workers: ReadonlySet<string> | undefined;
  /** Counted from the rows upwards; null if there is no room for its label. */
  lane: number | null;
}

/** Draws what was done to the service, and changes of the clock: labels above the rows, and lines or shades through them. */
export class MarkDrawing {
  readonly #timeline: Timeline;
  readonly #layout: TimelineLayout;
  readonly #marks: readonly Mark[];

  constructor(timeline: Timeline, layout: TimelineLayout, clock: ZoneClock) {
    this.#timeline = timeline;
    this.#layout = layout;
    const changes = clock.changes.map(({ at, by }): Mark => {
      const x = layout.x(at);
      const label = `clock ${by > 0 ? "+" : "−"}${Math.abs(by) / 3_600_000} h`;
      return {
        kind: "clock",
        from: x,
        to: x,
        spans: [],
        label,
        description: `${label} at ${clock.dateAndTime(at)}`,
        workers: undefined,
        lane: null,
      };
    });
    this.#marks = [...changes, ...joinClose(incidentsOf(timeline), layout, clock)].sort((a, b) => a.from - b.from);
    placeLabels(this.#marks);
  }

  /** The height of the labels. */
  get height(): number {
    return this.#marks.reduce((most, { lane }) => Math.max(most, lane === null ? 0 : lane + 1), 0) * laneHeight;
  }

  /** The shades of outages, behind the rows: rows that follow each other and have the same outages have one. */
  drawShades(top: number): string {
    const byWorker = new Map<string, Timeline["outages"][number][]>();
    for (const outage of this.#timeline.outages) {
      const list = byWorker.get(outage.worker);
      if (list === undefined) byWorker.set(outage.worker, [outage]);
      else list.push(outage);
    }
    const shades: { top: number; bottom: number; key: string; outages: Timeline["outages"] }[] = [];
    for (const { worker, top: rowTop } of this.#layout.rows) {
      const outages = byWorker.get(worker.name);
      if (outages === undefined) continue;
      const key = outages.map(({ from, to }) => `${from} ${to}`).join();
      const last = shades.at(-1);
      const bottom = rowTop + this.#layout.sizes.row;
      if (last?.bottom === rowTop && last.key === key) last.bottom = bottom;
      else shades.push({ top: rowTop, bottom, key, outages });
    }
    return shades
      .map((shade) => {
        const path = new BarPath(top + (shade.top + shade.bottom) / 2);
        for (const { from, to } of shade.outages) path.add(this.#layout.x(from), this.#layout.x(to));
        return path.toSvg(`class="outage" stroke-width="${px(shade.bottom - shade.top)}"`);
      })
      .join("");
  }

  /** The changes of the clock, behind the rows: the one run of a night may be at that very time. */
  drawChanges(top: number, labelsBottom: number, bottom: number): string {
    return this.#draw(({ kind }) => kind === "clock", top, labelsBottom, bottom);
  }

  /**
   * What was done to the service, over the rows.
   * @param top the upper edge of the rows; the labels are above the scale
   * @param labelsBottom the lower edge of the labels
   * @param bottom where the lines end
   */
  draw(top: number, labelsBottom: number, bottom: number): string {
    return this.#draw(({ kind }) => kind !== "clock", top, labelsBottom, bottom);
  }

  #draw(isDrawn: (mark: Mark) => boolean, top: number, labelsBottom: number, bottom: number): string {
    return this.#marks
      .filter(isDrawn)
      .map((mark) => {
        const { kind, from, spans, label, description, lane, workers } = mark;
        const baseline = labelsBottom - (lane ?? 0) * laneHeight - 5;
        const text =
          lane === null ? "" : `<text class="label" x="${px(from + 4)}" y="${px(baseline)}">${escapeXml(label)}</text>`;
        const lines =
          kind === "outage"
            ? drawBrackets(spans, baseline + 4)
            : `<path class="stem ${kind}" d="M${px(from)} ${px(baseline - 9)}V${px(bottom)}"/>${this.#drawTouched(from, workers, top)}`;
        return `<g class="mark"><title>${escapeXml(description)}</title>${lines}${text}</g>`;
      })
      .join("");
  }

  /** A strong line through the rows of the workers that a command was sent to. */
  #drawTouched(x: number, workers: ReadonlySet<string> | undefined, top: number): string {
    let [data, bottom] = ["", Number.NaN];
    for (const { worker, top: rowTop } of this.#layout.rows) {
      if (workers?.has(worker.name) !== true) continue;
      data += rowTop === bottom ? `v${this.#layout.sizes.row}` : `M${px(x)} ${px(top + rowTop)}v${this.#layout.sizes.row}`;
      bottom = rowTop + this.#layout.sizes.row;
    }
    return data === "" ? "" : `<path class="touched" d="${data}"/>`;
  }
}

const nouns: Readonly<Record<Incident["kind"], string>> = {
  outage: "outages",
  command: "commands",
  killed: "replicas killed",
  deployed: "replicas deployed",
};

/** Outages of the same workers are one if there is no room for two labels; other incidents if they are too close to see both. */
function joinClose(incidents: readonly Incident[], layout: TimelineLayout, clock: ZoneClock): Mark[] {
  const clusters: { kind: Incident["kind"]; label: string; spans: Span[]; incidents: Incident[] }[] = [];
  for (const incident of incidents) {
    const { kind, label } = incident;
    const span = { from: layout.x(incident.from), to: layout.x(incident.to) };
    const isOutage = kind === "outage";
    const last = clusters.findLast((cluster) => cluster.kind === kind && (!isOutage || cluster.label === label));
    const previous = last?.spans.at(-1);
    const room = isOutage && previous !== undefined ? previous.from + widthOf(label) : (previous?.to ?? 0) + 4;
    if (last !== undefined && span.from < room) {
      last.spans.push(span);
      last.incidents.push(incident);
    } else {
      clusters.push({ kind, label, spans: [span], incidents: [incident] });
    }
  }
  return clusters.map(({ kind, label, spans, incidents: joined }) => {
    const [from, to] = [spans[0]?.from ?? 0, spans.at(-1)?.to ?? 0];
    const several = kind === "outage" ? `${label} (${joined.length} times)` : `${joined.length} ${nouns[kind]}`;
    const lines = joined.slice(0, 20).map((incident) => {
      const until = incident.to === incident.from ? "" : ` to ${clock.dateAndTime(incident.to)}`;
      return `${clock.dateAndTime(incident.from)}${until} ${incident.label}`;
    });
    return {
      kind,
      from,
      to,
      spans,
      label: cutTo(roomFor(from), joined.length === 1 ? label : several),
      description: lines.join("\n"),
      workers: new Set(joined.flatMap((incident) => [...incident.workers])),
      lane: null,
    };
  });
}

/** The width of a label, and of the room around it. */
function widthOf(label: string): number {
  return columnsOf(label) * characterWidth + 10;
}

/**
 * From the right to the left, each as low as it can be: so a line only passes labels that begin to the right of it.
 */
function placeLabels(marks: readonly Mark[]): void {
  const ends: number[] = [];
  for (const mark of [...marks].reverse()) {
    const end = Math.max(mark.from + widthOf(mark.label), mark.to + 4);
    const lane = Array.from({ length: mostLanes }, (_, index) => index).find((index) => end <= (ends[index] ?? Number.MAX_VALUE));
    if (lane === undefined) continue;
    mark.lane = lane;
    for (let lower = 0; lower <= lane; lower++) ends[lower] = Math.min(ends[lower] ?? mark.from, mark.from);
  }
}

function drawBrackets(spans: readonly Span[], y: number): string {
  const path = new BarPath(y, 2);
  for (const { from, to } of spans) path.add(from, to);
  return path.toSvg('class="span"');
}

/** How many characters there is room for. */
function roomFor(from: number): number {
  return Math.max(Math.min(Math.floor((pictureWidth - margin - from - 4) / characterWidth), longestLabel), 4);
}
