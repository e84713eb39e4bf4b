// Data structures that order timers, without a clock; the figures are in docs/adr/0012. Run with
// `npm run alternatives --prefix bench`.
import { TimingWheel } from "../../dist/timers/timing-wheel.js";
import { BinaryHeap } from "./binary-heap.mjs";

const wakes = 2_000_000;

/** The number of timers, and the shortest and the longest period in ticks. */
const loads = {
  "10,000 that are due at the same tick": [10_000, 100, 100],
  "10,000 every 50 to 150 ticks": [10_000, 50, 150],
  "100,000 every 1,000 to 60,000 ticks": [100_000, 1_000, 60_000],
  "1,000,000 every 1,000 to 600,000 ticks": [1_000_000, 1_000, 600_000],
};

/** Each removes the first due timer and adds it again a period later, until `wakes` timers have fired. */
export const structures = Object.fromEntries(
  Object.entries(loads).flatMap(([load, sizes]) => [
    [`a binary heap of ${load}`, () => onHeap(timersOf(...sizes))],
    [`a timing wheel of ${load}`, () => onWheel(timersOf(...sizes))],
  ]),
);

function timersOf(count, shortest, longest) {
  return Array.from({ length: count }, (_, i) => {
    const period = shortest + ((i * 7_919) % (longest - shortest + 1));
    return { due: period, period, slot: -1, bucket: undefined };
  });
}

function onHeap(timers) {
  const heap = new BinaryHeap();
  for (const timer of timers) heap.add(timer);
  return () => {
    for (let woken = 0; woken < wakes; woken++) {
      const timer = heap.first;
      heap.remove(timer);
      timer.due += timer.period;
      heap.add(timer);
    }
  };
}

function onWheel(timers) {
  const wheel = new TimingWheel({ now: () => 0, cancel() {}, dueOf() {} });
  for (const timer of timers) wheel.add(timer, timer.due);
  return () => {
    for (let woken = 0; woken < wakes; ) {
      for (const bucket of wheel.takeDue(wheel.next)) {
        for (let timer = bucket.shift(); timer !== undefined; timer = bucket.shift()) {
          woken++;
          timer.due += timer.period;
          wheel.add(timer, timer.due);
        }
      }
    }
  };
}

/** Measures one data structure. */
export async function measureStructure(make) {
  const wakeAll = make();
  // Compiles the code.
  wakeAll();
  const start = performance.now();
  wakeAll();
  return { "to fire one and add it again (ns)": ((performance.now() - start) * 1e6) / wakes };
}
