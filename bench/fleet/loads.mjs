/** What is measured, in ms: a run that is due every 10 s, the same workers when nothing is due, other numbers of replicas, and how far it goes. */
export const sizes = [10, 100, 1_000];
const every10s = { repeat: "10s", interval: 10_000, warmUp: 15_000 };

export const loads = [
  ...sizes.map((workers) => ({ kind: "runs", workers, ...every10s, window: workers < 1_000 ? 20_000 : 30_000 })),
  ...sizes.map((workers) => ({ kind: "idle", workers, repeat: "1h", interval: 3_600_000, warmUp: 6_000, window: 20_000 })),
  ...[1, 6].map((replicas) => ({ kind: "replicas", replicas, workers: 100, ...every10s, window: 20_000 })),
  // One run after another, and not all at once: with how many replicas does a run cost more?
  ...[1, 3, 6].map((replicas) => ({ kind: "spread", spread: true, replicas, workers: 100, ...every10s, window: 20_000 })),
  // How far it goes with workers that wait.
  ...[5_000, 20_000].map((workers) => ({
    kind: "many",
    workers,
    repeat: "1h",
    interval: 3_600_000,
    warmUp: 20_000,
    window: 40_000,
  })),
];

const step = { warmUp: 3_000, window: 8_000, least: 0.99 };

/** At these intervals, until a share of the runs that are due is not done: with few workers each has to be on time, with many only all together. */
export const ramps = {
  ramp: { workers: 100, intervals: [1_000, 500, 250, 200, 167, 143, 125, 111, 100, 90, 80, 70, 60, 50, 40], ...step },
  rampOfMany: { workers: 1_000, intervals: [4_000, 2_667, 2_000, 1_333, 1_000, 667, 500, 400, 333, 286, 250, 200], ...step },
};
