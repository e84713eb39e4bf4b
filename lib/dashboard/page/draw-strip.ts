import type { Strip } from "../api.js";
import { inks } from "./inks.js";
import { count } from "./words.js";

const hour = 3_600_000;

/**
 * Draws the last hour and the next: runs as bars, as wide as they were long; missed runs as hollow bars; due times as ticks at
 * the bottom; and the present as a line in the middle.
 * @param running since when a run is under way; null if none is
 */
export function drawStrip(canvas: HTMLCanvasElement, strip: Strip, now: number, running: number | null): void {
  const context = canvas.getContext("2d");
  const { clientWidth: width, clientHeight: height } = canvas;
  if (context === null || width === 0) return;
  const ratio = devicePixelRatio;
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
  }
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  const [ok, bad, stopped, warn, plan, line, text] = inks();
  const x = (time: number): number => ((time - now + hour) / (2 * hour)) * width;
  const base = height - 6;
  const fill = (colour: string | undefined, left: number, top: number, wide: number, high: number): void => {
    context.fillStyle = colour ?? ok ?? "";
    context.fillRect(left, top, wide, high);
  };
  fill(line, 0, base, width, 1);
  for (let quarter = 0.25; quarter < 1; quarter += 0.25) fill(line, Math.round(quarter * width), base - 3, 1, 4);
  for (const [outcomes, colour] of [
    [[0, 3], ok],
    [[2], stopped],
    [[1], bad],
  ] as const) {
    for (const [start, duration, outcome] of strip.runs) {
      if (!(outcomes as readonly number[]).includes(outcome)) continue;
      const left = Math.max(0, x(start));
      const right = x(start + duration);
      // Failures are taller, so that they are seen without their colour, too.
      const top = outcome === 1 ? 1 : 4;
      if (right >= 0) fill(colour, left, top, Math.max(1.5, right - left), base - top);
    }
  }
  if (running !== null) {
    const left = Math.max(0, x(running));
    context.globalAlpha = 0.45;
    fill(ok, left, 4, Math.max(1.5, width / 2 - left), base - 4);
    context.globalAlpha = 1;
  }
  context.strokeStyle = warn ?? "";
  context.lineWidth = 1;
  for (const [time] of strip.missed) context.strokeRect(Math.round(x(time)) - 1.5, 4.5, 3, base - 5);
  // Below the run: the gap between the tick and the bar is how late it was.
  for (const due of strip.due) if (due > now - hour) fill(plan, x(due), base + 2, 1, 3);
  // What was planned when the strip was loaded, and is not among the runs yet.
  const lastDue = strip.due.at(-1) ?? 0;
  for (const due of strip.planned) {
    if (due >= now) fill(plan, x(due), base - 7, 1, 10);
    else if (due > lastDue) fill(plan, x(due), base + 2, 1, 3);
  }
  // More is planned than is known.
  const last = strip.planned.at(-1);
  if (strip.planned.length >= 200 && last !== undefined) fill(plan, x(last), base - 1, width - x(last), 2);
  fill(text, Math.round(width / 2), 0, 1, height);
}

/** What a strip shows, in words, for those who cannot see it. */
export function describeStrip({ runs, missed, planned }: Strip, now: number): string {
  const past = runs.filter(([start, duration]) => start + duration > now - hour);
  const failed = past.filter(([, , outcome]) => outcome === 1).length;
  const misses = missed.reduce((sum, [, many]) => sum + many, 0);
  const ahead = planned.filter((due) => due >= now).length;
  const parts = [`${count(past.length)}${past.length >= 200 ? " or more" : ""} runs`, `${count(failed)} failed`];
  if (misses > 0) parts.push(`${count(misses)} missed`);
  return `Last hour: ${parts.join(", ")}. Next hour: ${count(ahead)}${ahead >= 200 ? " or more" : ""} planned.`;
}
