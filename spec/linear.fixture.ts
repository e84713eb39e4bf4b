import { expect } from "chai";

/**
 * Expects that ten times the size takes less than sixty times the CPU time: quadratic work would take a hundred times as much. The
 * shortest of several measurements counts, as other processes share the caches.
 */
export function expectLinear(size: number, work: (size: number) => void): void {
  for (const warmUp of [size, size]) work(warmUp);
  const small = shortest(() => work(size));
  const large = shortest(() => work(10 * size));
  // Durations below a few ms are never too slow.
  expect(large, `${small} ms for ${size}, ${large} ms for ${10 * size}`).to.be.below(60 * Math.max(small, 1));
}

function shortest(work: () => void): number {
  let shortest = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 5; i++) {
    const start = process.cpuUsage();
    work();
    shortest = Math.min(shortest, process.cpuUsage(start).user / 1_000);
  }
  return shortest;
}
