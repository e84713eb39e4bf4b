// Alternatives to the cancellation tree; the figures are in docs/adr/0013. Run with `npm run alternatives --prefix bench`.
import { setMaxListeners } from "node:events";
import { heapUsed, timed } from "../resource-usage.mjs";

const count = 20_000;
let aborted = 0;
const onAbort = () => aborted++;

/** Each creates `count` workers that one abort cancels, and returns them with the function that aborts. */
export const cancellations = {
  "a listener each on one signal"() {
    const controller = new AbortController();
    setMaxListeners(count, controller.signal);
    const workers = Array.from({ length: count }, () => {
      const listener = () => onAbort();
      controller.signal.addEventListener("abort", listener, { once: true });
      return { listener };
    });
    return { workers, abort: () => controller.abort() };
  },
  "AbortSignal.any of one signal each"() {
    const controller = new AbortController();
    const workers = Array.from({ length: count }, () => {
      const signal = AbortSignal.any([controller.signal]);
      signal.addEventListener("abort", () => onAbort(), { once: true });
      return { signal };
    });
    return { workers, abort: () => controller.abort() };
  },
  "a controller each"() {
    const workers = Array.from({ length: count }, () => {
      const controller = new AbortController();
      controller.signal.addEventListener("abort", () => onAbort(), { once: true });
      return { controller };
    });
    return { workers, abort: () => abortAll(workers.map(({ controller }) => controller)) };
  },
  "a tree of objects, no signal read"() {
    const workers = Array.from({ length: count }, () => new Node());
    return { workers, abort: () => abortAll(workers) };
  },
  "a tree of objects, every signal read"() {
    const workers = Array.from({ length: count }, () => {
      const worker = new Node();
      worker.signal.addEventListener("abort", () => {}, { once: true });
      return worker;
    });
    return { workers, abort: () => abortAll(workers) };
  },
};

function abortAll(all) {
  for (const each of all) each.abort();
}

/** Like `CancellationScope`: creates its controller when its signal is first read. */
class Node {
  #controller;

  get signal() {
    this.#controller ??= new AbortController();
    return this.#controller.signal;
  }

  abort() {
    this.#controller?.abort();
    onAbort();
  }
}

/** Measures one alternative. */
export async function measureCancellation(make) {
  const before = heapUsed();
  const { value, ms: made } = await timed(make);
  const heap = (heapUsed() - before) / count;
  aborted = 0;
  const { ms } = await timed(value.abort);
  if (aborted !== value.workers.length) throw new Error(`${aborted} of ${value.workers.length} workers were aborted`);
  return { "made (µs each)": (made * 1e3) / count, "aborted (µs each)": (ms * 1e3) / count, "heap (B each)": heap };
}
