import { showValue } from "../errors/foreign-value.js";
import { InvalidArgumentError } from "../errors/invalid-argument-error.js";
import type { Outcome } from "../runtime/outcome.js";
import { Task } from "../runtime/task.js";
import { RefiningDefinition } from "./refining-definition.js";
import type { WorkerDefinition } from "./worker-definition.js";

/**
 * What the normal return of a worker means. `"always"`, the default: it should be running, so it is restarted by its retry, or
 * has exited prematurely without one. `"on-failure"`: it is done, and only failures are retried. `"never"`: it is done, and
 * nothing is retried: not by itself, though its group may
 * restart it. One that is done ends for good, and the roster goes on without it.
 * @see {@link https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#restart-policy} for the words
 */
export type Restart = "always" | "on-failure" | "never";

/** @throws InvalidArgumentError if it is none of the three */
export function parseRestart(value: unknown): Restart {
  if (value === "always" || value === "on-failure" || value === "never") return value;
  throw new InvalidArgumentError(`restart is ${showValue(value)}: use "always", "on-failure" or "never"`);
}

/** Lets a worker be done when it returns. */
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
