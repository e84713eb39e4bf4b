import uPlot from "uplot";
import type { Detail } from "../api.js";
import styles from "./chart.css";
import { inks } from "./inks.js";
import { clock as clockOf, duration, since, type Zone } from "./words.js";

// Not a style element, which the content security policy would refuse.
const sheet = new CSSStyleSheet();
sheet.replaceSync(styles);
document.adoptedStyleSheets.push(sheet);

/** Draws the duration and the lateness of runs. Returns what removes the chart. */
export function draw(element: HTMLElement, runs: Detail["runs"], zone: Zone, schedule: string | null): () => void {
  const [, bad = "", , warn = "", , line = "", , muted = "", accent = ""] = inks();
  const clock = (time: number): string => clockOf(time, time, zone, schedule);
  const oldestFirst = [...runs].reverse();
  const axis = { stroke: muted, grid: { stroke: line, width: 1 }, ticks: { show: false }, font: "11px system-ui" };
  const value = (_chart: uPlot, ms: number | null): string => (ms === null || ms === undefined ? "–" : duration(ms));
  const chart = new uPlot(
    {
      width: element.clientWidth,
      height: 170,
      ms: 1,
      cursor: { y: false, drag: { x: false, y: false } },
      axes: [
        {
          ...axis,
          size: 28,
          space: 70,
          values: (_chart: uPlot, times: number[]) => times.map((time) => since(time, time, zone, schedule)),
        },
        { ...axis, size: 62, values: (_chart: uPlot, ticks: number[]) => ticks.map((ms) => duration(ms)) },
      ],
      series: [
        { label: "Start", value: (_chart: uPlot, time: number | null) => (time === null ? "–" : clock(time)) },
        { label: "Duration", stroke: accent, width: 1.5, points: { show: true, size: 4 }, value },
        { label: "Failed", stroke: bad, width: 0, paths: () => null, points: { show: true, size: 7, fill: bad }, value },
        { label: "Lateness", stroke: warn, width: 1, dash: [4, 3], points: { show: false }, value },
      ],
    },
    [
      oldestFirst.map(({ start }) => start),
      oldestFirst.map(({ duration }) => duration),
      oldestFirst.map(({ duration, outcome }) => (outcome === "failed" ? duration : null)),
      oldestFirst.map(({ lateness }) => lateness),
    ],
    element,
  );
  const observer = new ResizeObserver(() => chart.setSize({ width: element.clientWidth, height: 170 }));
  observer.observe(element);
  return () => {
    observer.disconnect();
    chart.destroy();
  };
}
