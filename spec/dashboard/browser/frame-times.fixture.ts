import type { Page } from "playwright-core";

/** An event of Chrome's tracing, as far as it is used here. Times are in µs. */
interface TraceEvent {
  readonly name: string;
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  readonly ts: number;
  readonly dur?: number;
  /** The CPU time of the thread. */
  readonly tdur?: number;
}

const mark = "frame-times";

/**
 * Measures the CPU time that the main thread of a page takes for each frame, in ms: scripts, garbage collection, style and layout.
 * Other than the time that passes, it hardly depends on what else the machine does. Only frames with a script that has asked for
 * them are counted. The first has the start of the page in it.
 */
export async function cpuTimeOfFrames(page: Page, run: () => Promise<void>): Promise<number[]> {
  const session = await page.context().newCDPSession(page);
  const events: TraceEvent[] = [];
  session.on("Tracing.dataCollected", ({ value }) => events.push(...(value as unknown as TraceEvent[])));
  await session.send("Tracing.start", {
    transferMode: "ReportEvents",
    traceConfig: { includedCategories: ["devtools.timeline", "toplevel", "blink.user_timing"] },
  });
  await run();
  await page.evaluate((name) => void performance.mark(name), mark);
  const complete = new Promise<void>((resolve) => session.once("Tracing.tracingComplete", () => resolve()));
  await session.send("Tracing.end");
  await complete;
  const own = events.find(({ name }) => name === mark);
  if (own === undefined) throw new Error("the trace lacks the thread of the page");
  const thread = events.filter(({ pid, tid }) => pid === own.pid && tid === own.tid);
  const starts = thread.filter(({ name }) => name === "FireAnimationFrame").map(({ ts }) => ts);
  const times: number[] = [];
  let time = 0;
  for (const { ts, dur = 0, tdur = 0 } of thread.filter(isTask).sort((a, b) => a.ts - b.ts)) {
    time += tdur / 1_000;
    if (!starts.some((start) => start >= ts && start <= ts + dur)) continue;
    times.push(time);
    time = 0;
  }
  return times;
}

function isTask({ name, ph }: TraceEvent): boolean {
  return name.endsWith("RunTask") && ph === "X";
}
