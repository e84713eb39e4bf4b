export type { Backoff } from "./backoff/backoff.js";
export { ExponentialBackoff, type ExponentialBackoffOptions } from "./backoff/exponential-backoff.js";
export { StaticBackoff } from "./backoff/static-backoff.js";
export { type BootstrapOptions, bootstrap } from "./bootstrap.js";
export type { Job, JobFunc } from "./chain/job.js";
export { named } from "./chain/named.js";
export { repeat } from "./chain/repeat.js";
export type {
  IntervalRepetition,
  RepeatDeclaration,
  RepeatOptions,
  Repetition,
  ScheduledRepetition,
} from "./chain/repetition.js";
export type { Restart } from "./chain/restart.js";
export { retry } from "./chain/retry.js";
export { type RetryJobOptions, retryJob } from "./chain/retry-job.js";
export type { RetryOptions } from "./chain/retry-policy.js";
export type { Schedule } from "./chain/schedule.js";
export { timeout } from "./chain/timeout.js";
export type { WorkerFunc } from "./chain/worker.js";
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
export { distributed } from "./distributed/distributed.js";
export type { Checkpoint, Engine, Lease, Participant, Registration, RemoteState } from "./distributed/engine.js";
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
export { StopAll } from "./errors/stop-all.js";
export { ThrownValueError } from "./errors/thrown-value-error.js";
export { TimeoutError } from "./errors/timeout-error.js";
export { UnknownWorkerError } from "./errors/unknown-worker-error.js";
export { WatchbillError } from "./errors/watchbill-error.js";
export { WorkerExitedPrematurelyError } from "./errors/worker-exited-prematurely-error.js";
export { WorkerNotRunningError } from "./errors/worker-not-running-error.js";
export { WorkersFailedError } from "./errors/workers-failed-error.js";
export type {
  CommandEvent,
  EventOutcome,
  ExitEvent,
  HealthEvent,
  HungEvent,
  LateEvent,
  LeaseEvent,
  MissedEvent,
  MissedReason,
  RestartEvent,
  RunEvent,
  StartEvent,
  StopEvent,
  TimeoutEvent,
  WatchbillEvents,
} from "./events/events.js";
export { observe, type RunObserver } from "./events/observe.js";
export type { WorkerConfigurer } from "./registry/configured-workers.js";
export { hasWorkers, workerMethods } from "./registry/has-workers.js";
export type { Newable } from "./registry/source.js";
export { WorkerRegistry, type WorkerRegistryOptions } from "./registry/worker-registry.js";
export { runProvidedWorkers } from "./runner/build-runner.js";
export type { CommandOptions } from "./runner/command-options.js";
export { type NamePatterns, nameMatcher } from "./runner/name-matcher.js";
export type { Selection } from "./runner/name-patterns.js";
export type { ProcessSignal } from "./runner/process-signals.js";
export { Runner, type RunnerOptions, type RunnerState } from "./runner/runner.js";
export type { RunnerSettings, StopOrder } from "./runner/runner-settings.js";
export { runningRunners } from "./runner/running-runners.js";
export { type Around, wrapRuns } from "./runtime/around.js";
export { type FailureText, failureText } from "./runtime/failure-text.js";
export type { Logger } from "./runtime/logger.js";
export { nestName } from "./runtime/nest-name.js";
export type { RunOptions } from "./runtime/run-options.js";
export type { RunCause } from "./runtime/runs.js";
export { stopped, wait } from "./runtime/wait.js";
export type { WorkerContext } from "./runtime/worker-context.js";
export type { Health, Holder, Pause, Phase, WorkerStatus } from "./runtime/worker-status.js";
export { group } from "./supervision/group.js";
export { runAllJobs, runAllWorkers } from "./supervision/run-all.js";
export { type Duration, milliseconds } from "./timers/duration.js";
export { setRandom } from "./timers/random.js";
