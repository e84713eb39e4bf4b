const sizes = [10, 100, 1_000];
const every10s = { repeat: "10s", interval: 10_000, warmUp: 15_000 };

/** The loads to measure. All times are in ms. */
export const loads = [
  ...sizes.map((workers) => ({ kind: "together", workers, ...every10s, window: workers < 1_000 ? 20_000 : 30_000 })),
  ...sizes.map((workers) => ({ kind: "idle", workers, repeat: "1h", interval: 3_600_000, warmUp: 6_000, window: 20_000 })),
  ...[1, 6].map((replicas) => ({ kind: "replicas", replicas, workers: 100, ...every10s, window: 20_000 })),
  // The runs are spread over the interval: each one wakes up every replica.
  ...[1, 3, 6].map((replicas) => ({ kind: "spread", spread: true, replicas, workers: 100, ...every10s, window: 20_000 })),
  // Large numbers of workers that wait.
  ...[5_000, 20_000].map((workers) => ({
    kind: "manyIdle",
    workers,
    repeat: "1h",
    interval: 3_600_000,
    warmUp: 20_000,
    window: 40_000,
  })),
];

const step = { warmUp: 3_000, window: 8_000, minDone: 0.99 };

/**
 * Loads with shorter and shorter intervals, until less than the share `minDone` of the due runs took place. With 100 workers the
 * limit is the lateness of a run, with 1,000 the number of runs.
 */
export const ramps = {
  ramp100: { workers: 100, intervals: [1_000, 500, 250, 200, 167, 143, 125, 111, 100, 90, 80, 70, 60, 50, 40], ...step },
  ramp1000: { workers: 1_000, intervals: [4_000, 2_667, 2_000, 1_333, 1_000, 667, 500, 400, 333, 286, 250, 200], ...step },
};
