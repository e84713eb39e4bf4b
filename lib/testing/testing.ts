// The public names of watchbill/testing.
export { type DescribedWorker, describeWorkers } from "./describe-workers.js";
export { type LogEntry, type RecordingLogger, recordingLogger, silentLogger } from "./loggers.js";
export { RealWaitError } from "./real-wait-error.js";
export { type RunOnceOptions, runOnce } from "./run-once.js";
export { type Finding, type SearchOptions, simulate } from "./simulate.js";
export { SimulatedFailure } from "./simulated-failure.js";
export type { Simulation } from "./simulation.js";
export type {
  ByPattern,
  Samples,
  SimulatedCommand,
  SimulationOptions,
  Takes,
  TimeOfDay,
} from "./simulation-options.js";
export { testContext } from "./test-context.js";
export type {
  EarlyEnd,
  FailedRun,
  MissedRuns,
  Peak,
  SimulatedEvent,
  SimulatedRun,
  Tally,
  Timeline,
  WorkerTimeline,
} from "./timeline.js";
