export type { Backoff } from "./backoff/backoff.js";
export { ExponentialBackoff, type ExponentialBackoffOptions } from "./backoff/exponential-backoff.js";
export { StaticBackoff } from "./backoff/static-backoff.js";
export { type BootstrapOptions, bootstrap } from "./bootstrap.js";
export type { Engine, Lease, News, Place, Release, Seat } from "./context/engine.js";
export type { Logger } from "./context/logger.js";
export { Memory, type Note } from "./context/memory.js";
export { stopped, wait } from "./context/wait.js";
export type { WorkerContext } from "./context/worker-context.js";
export type { Health, Holder, Phase, WorkerStatus } from "./context/worker-status.js";
export {
  DeclarativeWorker,
  type DeclarativeWorkerOptions,
  type WorkerGroup,
} from "./declarative-worker.js";
export { Distributed } from "./decorators/distributed.js";
export type { ValueOrOf, WorkerDecorator, WorkerMethodDecorator } from "./decorators/method-decorator.js";
export { Named } from "./decorators/named.js";
export { Repeat, type RepeatWorkerOptions } from "./decorators/repeat.js";
export { Retry } from "./decorators/retry.js";
export { RetryJob } from "./decorators/retry-job.js";
export { Timeout } from "./decorators/timeout.js";
export { Worker, type WorkerOptions } from "./decorators/worker.js";
export { BackoffError } from "./errors/backoff-error.js";
export { BootstrapError } from "./errors/bootstrap-error.js";
export { DoNotRestart } from "./errors/do-not-restart.js";
export { FleetError } from "./errors/fleet-error.js";
export { GiveUp } from "./errors/give-up.js";
export { InvalidArgumentError } from "./errors/invalid-argument-error.js";
export { LazyResultError } from "./errors/lazy-result-error.js";
export { LeaseLostError } from "./errors/lease-lost-error.js";
export { RestartLimitError } from "./errors/restart-limit-error.js";
export { RunnerBusyError } from "./errors/runner-busy-error.js";
export { ScheduleError } from "./errors/schedule-error.js";
export { type HungWorker, ShutdownTimeoutError } from "./errors/shutdown-timeout-error.js";
export { StopRoster } from "./errors/stop-roster.js";
export { ThrownValueError } from "./errors/thrown-value-error.js";
export { TimeoutError } from "./errors/timeout-error.js";
export { UnknownWorkerError } from "./errors/unknown-worker-error.js";
export { WatchbillError } from "./errors/watchbill-error.js";
export { WorkerExitedPrematurelyError } from "./errors/worker-exited-prematurely-error.js";
export { WorkerNotRunningError } from "./errors/worker-not-running-error.js";
export { WorkersFailedError } from "./errors/workers-failed-error.js";
export type { EventOutcome } from "./events/event-outcome.js";
export type {
  ExitEvent,
  HealthEvent,
  HungEvent,
  MissedEvent,
  MissedReason,
  OrderEvent,
  RestartEvent,
  RunEvent,
  StartEvent,
  StopEvent,
  TimeoutEvent,
  WatchbillEvents,
} from "./events/events.js";
export { observe, type RunObserver } from "./events/observe.js";
export { distributed } from "./fleet/distributed.js";
export type { Newable } from "./registry/source.js";
export type { WorkerConfigurer } from "./registry/worker-configurer.js";
export { WorkerRegistry, type WorkerRegistryOptions } from "./registry/worker-registry.js";
export type { NamePatterns, Selection } from "./runner/name-patterns.js";
export type { ProcessSignal } from "./runner/process-signals.js";
export { runProvidedWorkers } from "./runner/run-provided-workers.js";
export { Runner, type RunnerOptions } from "./runner/runner.js";
export type { RunnerSettings, StopOrder } from "./runner/runner-settings.js";
export { type Duration, milliseconds } from "./time/duration.js";
export type { RunOptions } from "./workers/bridge.js";
export { group } from "./workers/group.js";
export type { Job, JobFunc } from "./workers/job.js";
export { named } from "./workers/named.js";
export { repeat } from "./workers/repeat.js";
export type { RepeatDeclaration } from "./workers/repeat-declaration.js";
export type { IntervalRepetition, RepeatOptions, Repetition, ScheduledRepetition } from "./workers/repetition.js";
export type { Restart } from "./workers/restart.js";
export { retry } from "./workers/retry.js";
export { type RetryJobOptions, retryJob } from "./workers/retry-job.js";
export type { RetryOptions } from "./workers/retry-policy.js";
export { runAllJobs } from "./workers/run-all-jobs.js";
export { runAllWorkers } from "./workers/run-all-workers.js";
export type { Schedule } from "./workers/schedule.js";
export { timeout } from "./workers/timeout.js";
export type { WorkerFunc } from "./workers/worker.js";
