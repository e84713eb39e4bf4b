import { InvalidArgumentError } from "../errors/invalid-argument-error.js";
import { showValue } from "../errors/show-value.js";
import type { Task } from "../runtime/task.js";
import { NamedTask } from "./named-task.js";
import type { Worker, WorkerFunc } from "./worker.js";
import { RefiningDefinition, type WorkerDefinition, workerDefinition } from "./worker-definition.js";

/**
 * Gives a worker a name, which its context, its log lines, its errors and its status carry. Names nest: within a worker `github`,
 * the worker `commits` is `github/commits`. A part that both names share, where they meet or from the start, appears once.
 * @throws InvalidArgumentError if the name is empty, or the worker is not a worker
 */
export function named(worker: Worker | WorkerFunc, name: string): Worker {
  return new NamedDefinition(workerDefinition(worker), parseName(name));
}

/** @throws InvalidArgumentError if it is not a name */
export function parseName(name: unknown): string {
  if (typeof name === "string" && name.trim() !== "") return name;
  throw new InvalidArgumentError(`${showValue(name)} is not a name: pass a string that is not empty`);
}

class NamedDefinition extends RefiningDefinition {
  readonly #name: string;

  constructor(subject: WorkerDefinition, name: string) {
    super(subject);
    this.#name = name;
  }

  override get label(): string {
    return this.#name;
  }

  override createTask(parent: Task): NamedTask<WorkerDefinition> {
    return new NamedTask(parent, this.subject, this.#name);
  }

  override createNamedTask(parent: Task): NamedTask<WorkerDefinition> {
    return this.createTask(parent);
  }
}
