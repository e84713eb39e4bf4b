// Alternatives to the timer queue; the figures are in docs/adr/0012. Run with `npm run alternatives --prefix bench`.
import { TimerQueue } from "../../dist/timers/timer-queue.js";
import { cpuDuring, heapUsed, sleep, timed } from "../resource-usage.mjs";
import { BinaryHeap } from "./binary-heap.mjs";

const count = 10_000;
const period = 100;
let wakes = 0;

/** Each creates `count` timers that fire every `period` ms, and returns the function that cancels them. */
export const timers = {
  "a Node timer each"() {
    const handles = Array.from({ length: count }, () => setInterval(() => wakes++, period));
    return () => handles.forEach(clearInterval);
  },
  "a binary heap, a grid each": () => onHeap(() => performance.now()),
  "a binary heap, one grid for all"() {
    const begun = performance.now();
    return onHeap(() => begun);
  },
  "a timing wheel, a grid each": () => onWheel(() => performance.now()),
  "a timing wheel, one grid for all"() {
    const begun = performance.now();
    return onWheel(() => begun);
  },
};

function onHeap(startOf) {
  const heap = new BinaryHeap();
  let handle;
  const arm = () => {
    if (heap.first !== undefined) handle = setTimeout(wakeAll, Math.max(1, Math.ceil(heap.first.due - performance.now())));
  };
  const wakeAll = () => {
    const now = performance.now();
    for (let timer = heap.first; timer.due <= now; timer = heap.first) {
      heap.remove(timer);
      timer.wake();
    }
    arm();
  };
  const timer = () => {
    const made = {
      due: startOf() + period,
      slot: -1,
      wake() {
        wakes++;
        made.due += period;
        heap.add(made);
      },
    };
    heap.add(made);
    return made;
  };
  const all = Array.from({ length: count }, timer);
  arm();
  return () => {
    for (const timer of all) heap.remove(timer);
    clearTimeout(handle);
  };
}

function onWheel(startOf) {
  const queue = TimerQueue.current();
  const timer = () => {
    let due = startOf() + period;
    const made = {
      bucket: undefined,
      slot: -1,
      wake() {
        wakes++;
        queue.schedule(made, (due += period));
      },
    };
    queue.schedule(made, due);
    return made;
  };
  const all = Array.from({ length: count }, timer);
  return () => {
    for (const each of all) queue.cancel(each);
  };
}

/** Measures one alternative. */
export async function measureTimers(make) {
  const before = heapUsed();
  const { value: cancel, ms: made } = await timed(make);
  const heap = (heapUsed() - before) / count;
  await sleep(1_000);
  wakes = 0;
  const turns = performance.nodeTiming.uvMetricsInfo.loopCount;
  const { ms, elapsed } = await cpuDuring(3_000);
  const perSecond = ((performance.nodeTiming.uvMetricsInfo.loopCount - turns) * 1_000) / elapsed;
  const cpu = (ms * 1e6) / wakes;
  const { ms: cancelled } = await timed(cancel);
  return {
    "CPU (ns a wake-up)": cpu,
    "turns of the event loop (a second)": perSecond,
    "made (ns each)": (made * 1e6) / count,
    "cancelled (ns each)": (cancelled * 1e6) / count,
    "heap (B each)": heap,
  };
}
