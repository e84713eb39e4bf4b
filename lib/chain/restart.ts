import { InvalidArgumentError } from "../errors/invalid-argument-error.js";
import { showValue } from "../errors/show-value.js";
import type { Outcome } from "../runtime/outcome.js";
import { Task } from "../runtime/task.js";
import type { WorkerDefinition } from "./worker-definition.js";
import { RefiningDefinition } from "./worker-definition.js";

/**
 * What the normal return of a worker means. `"always"`, the default: it should be running, so its retry restarts it, and without
 * a retry it has exited prematurely. `"on-failure"`: it has completed; failures are retried. `"never"`: it has completed; its
 * failures are not retried, but its group may restart it. The other workers go on without a worker that has completed.
 * @see {@link https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#restart-policy} for the words
 */
export type Restart = "always" | "on-failure" | "never";

/** @throws InvalidArgumentError if it is not one of the three */
export function parseRestart(value: unknown): Restart {
  if (value === "always" || value === "on-failure" || value === "never") return value;
  throw new InvalidArgumentError(`restart is ${showValue(value)}: use "always", "on-failure" or "never"`);
}

/** Completes a worker when it returns. */
export class CompletingDefinition extends RefiningDefinition {
  override createTask(parent: Task): Task {
    return new CompletingTask(parent, this.subject);
  }
}

class CompletingTask extends Task {
  readonly #worker: WorkerDefinition;

  constructor(parent: Task, worker: WorkerDefinition) {
    super(parent);
    this.#worker = worker;
  }

  override start(): void {
    this.startChild(this.#worker);
  }

  protected override onChildExit(outcome: Outcome): void {
    this.exit(outcome === "done" ? "completed" : outcome);
  }
}
