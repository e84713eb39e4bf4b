import { countedOf, countOf, durationText } from "./figures.js";
import { columnsOf, cutTo, printable } from "./printable.js";
import { BarPath, escapeXml, px } from "./svg-path.js";
import type { Timeline, WorkerTimeline } from "./timeline.js";
import { figureWidth, margin, pictureWidth, TimelineLayout } from "./timeline-layout.js";
import { drawLoad, loadHeight } from "./timeline-load-svg.js";
import { MarkDrawing } from "./timeline-marks-svg.js";
import { RowDrawing } from "./timeline-row-svg.js";
import { timelineStyle } from "./timeline-style.js";
import { ZoneClock } from "./zone-clock.js";

/** In characters. A picture that is larger is drawn with less detail. */
const mostCharacters = 1_000_000;
const leastDetail = 32;

const lineHeight = 19;
const axisHeight = 20;

/**
 * Draws a timeline: the workers as rows, in their groups; each run as a bar as long as it took, or, of workers with many runs,
 * how busy they were in each part of the time; what was done to the service; and the load below. The picture has no script and
 * needs no other file. The same timeline gives the same bytes everywhere. A picture of more than 1,000,000 characters is drawn
 * again with less detail.
 */
export function timelineSvg(timeline: Timeline): string {
  for (let binWidth = 1; ; binWidth *= 2) {
    const picture = drawPicture(timeline, binWidth);
    if (picture.length <= mostCharacters || binWidth >= leastDetail) return picture;
  }
}

function drawPicture(timeline: Timeline, binWidth: number): string {
  const { start, end, timezone } = timeline;
  const clock = new ZoneClock(timezone, start, end);
  const layout = new TimelineLayout(timeline, clock);
  const rows = new RowDrawing(timeline, layout, clock, binWidth);
  const marks = new MarkDrawing(timeline, layout, clock);
  const head = headOf(timeline, clock);
  const legend = legendOf(timeline);

  const legendTop = margin + 26 + head.lines.length * lineHeight;
  const labelsBottom = legendTop + legend.height + 14 + marks.height;
  const top = labelsBottom + axisHeight + 4;
  const rowsBottom = top + layout.height + 6;
  const loadBottom = rowsBottom + loadHeight;
  const height = Math.ceil(loadBottom + axisHeight + margin);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-labelledby="title desc" width="${pictureWidth}" height="${height}" viewBox="0 0 ${pictureWidth} ${height}">`,
    `<title id="title">${escapeXml(head.title)}</title>`,
    `<desc id="desc">${escapeXml(head.lines.map(({ text }) => text).join(". "))}</desc>`,
    `<style>${timelineStyle(layout.sizes)}</style>`,
    hatch,
    `<rect class="back" width="${pictureWidth}" height="${height}"/>`,
    `<text class="head" x="${margin}" y="${margin + 14}">${escapeXml(head.title)}</text>`,
    ...head.lines.map(
      ({ kind, text }, index) =>
        `<text class="${kind}" x="${margin}" y="${margin + 36 + index * lineHeight}">${escapeXml(text)}</text>`,
    ),
    `<g transform="translate(0 ${legendTop})">${legend.svg}</g>`,
    marks.drawShades(top),
    drawEnd(timeline, layout, top, loadBottom),
    drawScale(timeline, layout, clock, [labelsBottom + 14, loadBottom + 15], top - 4, loadBottom),
    marks.drawChanges(top, labelsBottom, loadBottom),
    drawFigureTitles(layout, labelsBottom + 14),
    ...layout.titles.map(
      ({ title, baseline }) =>
        `<text class="group" x="${margin}" y="${px(top + baseline)}">${escapeXml(cutTo(90, title))}</text>`,
    ),
    `<path class="rule" d="${layout.rows.map((row) => `M${margin} ${px(top + row.top + layout.sizes.row)}H${pictureWidth - margin}`).join("")}"/>`,
    ...layout.rows.map((row) => `${rows.draw(row, top)}\n`),
    drawLoad(timeline, layout, clock, rowsBottom),
    marks.draw(top, labelsBottom, loadBottom),
    "</svg>\n",
  ].join("\n");
}

/** Stripes over what has failed, so that it can be distinguished without colours. */
const hatch = `<defs><pattern id="hatch" width="5" height="5" patternUnits="userSpaceOnUse"><path class="stripe" d="M-1 1L1 -1M0 5L5 0M4 6L6 4"/></pattern></defs>`;

interface HeadLine {
  readonly kind: "line" | "warning";
  readonly text: string;
}

function headOf(timeline: Timeline, clock: ZoneClock): { readonly title: string; readonly lines: readonly HeadLine[] } {
  const { start, end, timezone, seed, workers, peak, overlaps, endedEarly, notKept } = timeline;
  const sum = (of: (worker: WorkerTimeline) => number): number => workers.reduce((total, worker) => total + of(worker), 0);
  const figures = [
    countedOf(workers.length, "worker"),
    countedOf(
      sum(({ counts }) => counts.runs),
      "run",
    ),
    `${countOf(sum(({ counts }) => counts.failures))} failed`,
    `${countOf(sum(({ counts }) => counts.missed))} missed`,
    `at most ${countOf(peak.concurrent)} at a time (${clock.moment(peak.concurrentAt)})`,
    `at most ${countOf(peak.attemptsPerSecond)} starts in one second (${clock.moment(peak.attemptsPerSecondAt)})`,
  ];
  const lines: HeadLine[] = [{ kind: "line", text: figures.join("  ·  ") }];
  if (endedEarly !== null) {
    const error = cutTo(120, printable(endedEarly.error));
    lines.push({ kind: "warning", text: `The service ended early, ${clock.dateAndTime(endedEarly.at)}: ${error}` });
  }
  if (overlaps.length > 0)
    lines.push({
      kind: "warning",
      text: `${countedOf(overlaps.length, "run")} began while another run of the same worker was under way`,
    });
  if (notKept > 0) {
    const last = workers.reduce((latest, { runs }) => Math.max(latest, runs.at(-1)?.start ?? start), start);
    const text = `After ${clock.dateAndTime(last)} runs were only counted, as there were more than maxEvents: they are drawn evenly over parts of ${durationText(timeline.columns.length)}`;
    lines.push({ kind: "warning", text });
  }
  return {
    title: `${clock.dateAndTime(start)} to ${clock.dateAndTime(end)}  ·  ${timezone}  ·  seed ${seed}`,
    lines,
  };
}

/** What the marks mean that this picture has. */
function legendOf(timeline: Timeline): { readonly svg: string; readonly height: number } {
  const { workers, events, outages, overlaps } = timeline;
  const hasRun = (outcome: string | null): boolean => workers.some(({ runs }) => runs.some((run) => run.outcome === outcome));
  const has = (event: string): boolean => events.some((each) => each.event === event);
  const bar = (style: string, width = 16): string => `<path class="${style}" d="M0 7h${width}"/>`;
  const entries: readonly { readonly means: string; readonly svg: string; readonly isShown: boolean }[] = [
    { means: "run", svg: bar("run ok4"), isShown: true },
    {
      means: "many runs: seldom to always busy",
      svg: [1, 2, 3, 4].map((level) => `<path class="run ok${level}" d="M${level * 8 - 8} 7h8"/>`).join(""),
      isShown: workers.some(({ counts }) => counts.runs > 200),
    },
    {
      means: "failed",
      svg: `<path class="f4 sample" d="M0 7h16"/><path class="f4 wide sample" d="M0 7h16"/><path class="flag" d="M5 -3h6l-3 5z"/>`,
      isShown: hasRun("failed"),
    },
    {
      means: "stopped",
      svg: bar("run stopped"),
      isShown: workers.some(({ runs, schedule }) => schedule !== null && runs.some(({ outcome }) => outcome === "stopped")),
    },
    { means: "up, or not ended", svg: bar("run up"), isShown: hasRun(null) || workers.some(({ schedule }) => schedule === null) },
    {
      means: "missed",
      svg: `<path class="missed" d="M1 2h10v10h-10z"/>`,
      isShown: workers.some(({ counts }) => counts.missed > 0),
    },
    { means: "backoff", svg: bar("backoff"), isShown: has("retry") || has("restart") },
    { means: "due", svg: `<path class="due" d="M6 7h1"/>`, isShown: workers.length <= 70 },
    { means: "outage", svg: `<path class="outage" stroke-width="14" d="M0 7h16"/>`, isShown: outages.length > 0 },
    {
      means: "overlap, hung, or lease lost",
      svg: `<path class="incident" d="M7 2l5 5l-5 5l-5 -5z"/>`,
      isShown: overlaps.length > 0 || has("hung") || has("lease lost"),
    },
  ];
  let [x, y, svg] = [margin, 0, ""];
  for (const { means, svg: sample } of entries.filter(({ isShown }) => isShown)) {
    const sampleWidth = sample.includes("ok3") ? 32 : 16;
    const width = sampleWidth + 7 + columnsOf(means) * 6.8 + 16;
    if (x + width > pictureWidth - margin) [x, y] = [margin, y + lineHeight];
    svg += `<g transform="translate(${px(x)} ${y})">${sample}<text class="line" x="${sampleWidth + 7}" y="11">${means}</text></g>`;
    x += width;
  }
  return { svg, height: y + lineHeight };
}

/** Lines through the rows at even times, which are written above and below. Midnight has the day, and a stronger line. */
function drawScale(
  { start, end }: Timeline,
  layout: TimelineLayout,
  clock: ZoneClock,
  baselines: readonly number[],
  top: number,
  bottom: number,
): string {
  let [lines, days, labels] = ["", "", ""];
  let lastLabel = Number.NEGATIVE_INFINITY;
  for (const at of layout.ticks()) {
    if (at < start || at > end) continue;
    const x = px(layout.x(at));
    const isDay = layout.showsHours && clock.time(at) === "00:00:00";
    if (isDay) days += `M${x} ${px(top)}V${px(bottom)}`;
    else lines += `M${x} ${px(top)}V${px(bottom)}`;
    // An hour that comes twice may leave too little room.
    if (layout.x(at) - lastLabel < 34) continue;
    lastLabel = layout.x(at);
    const label = isDay ? clock.dayAndMonth(at) : labelOf(at, layout, clock);
    for (const y of baselines) labels += `<text class="axis${isDay ? " day" : ""}" x="${x}" y="${px(y)}">${label}</text>`;
  }
  return `<path class="grid" d="${lines}"/><path class="grid day" d="${days}"/>${labels}`;
}

function labelOf(at: number, layout: TimelineLayout, clock: ZoneClock): string {
  if (layout.showsHours) return clock.shortTime(at);
  return layout.showsDays ? clock.dayAndMonth(at) : clock.month(at);
}

function drawFigureTitles({ right }: TimelineLayout, baseline: number): string {
  return ["runs", "failed", "missed"]
    .map(
      (title, index) => `<text class="axis end" x="${px(right + (index + 1) * figureWidth)}" y="${px(baseline)}">${title}</text>`,
    )
    .join("");
}

/** Shades the time after the service has ended. */
function drawEnd({ endedEarly }: Timeline, layout: TimelineLayout, top: number, bottom: number): string {
  if (endedEarly === null) return "";
  const path = new BarPath((top + bottom) / 2);
  path.add(layout.x(endedEarly.at), layout.right);
  return path.toSvg(`class="ended" stroke-width="${px(bottom - top)}"`);
}
