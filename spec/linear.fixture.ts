import { performance } from "node:perf_hooks";
import { expect } from "chai";

/**
 * Expects that ten times the size takes no more than some thirty times as long, which is far from the hundred times of quadratic work.
 * The shortest of several measurements counts, as others may use the processor too.
 */
export function expectLinear(size: number, work: (size: number) => void): void {
  for (const warmUp of [size, size]) work(warmUp);
  const small = shortest(() => work(size));
  const large = shortest(() => work(10 * size));
  // What takes less than a few ms either way is not slow.
  expect(large, `${small} ms for ${size}, ${large} ms for ${10 * size}`).to.be.below(30 * Math.max(small, 1));
}

function shortest(work: () => void): number {
  let shortest = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 5; i++) {
    const start = performance.now();
    work();
    shortest = Math.min(shortest, performance.now() - start);
  }
  return shortest;
}
