import { showValue } from "../errors/foreign-value.js";
import { InvalidArgumentError } from "../errors/invalid-argument-error.js";
import { Scope } from "../runtime/cancellation-scope.js";
import type { Definition } from "../runtime/definition.js";
import { nestName } from "../runtime/nest-name.js";
import type { Outcome } from "../runtime/outcome.js";
import type { Task } from "../runtime/task.js";
import type { WorkerStatus } from "../runtime/worker-status.js";
import type { Worker, WorkerFunc } from "./worker.js";
import { WorkerDefinition, workerDefinition } from "./worker-definition.js";

/**
 * Gives a worker a name: its context, its log lines, its errors and its status carry it. Names nest: within a worker `github`,
 * one that is named `commits` is `github/commits`. What the two names share, at the seam or from the start,
 * counts once.
 * @throws InvalidArgumentError if the name is empty, or the worker is not one
 */
export function named(worker: Worker | WorkerFunc, name: string): Worker {
  return new NamedDefinition(workerDefinition(worker), asName(name));
}

/** @throws InvalidArgumentError if it is not a name */
export function asName(name: unknown): string {
  if (typeof name === "string" && name.trim() !== "") return name;
  throw new InvalidArgumentError(`${showValue(name)} is not a name: pass a string that is not empty`);
}

/** A link whose task has a name of its own. */
export abstract class NamingDefinition extends WorkerDefinition {
  /** @internal */
  abstract override createTask(parent: Task): NamedTask;
}

class NamedDefinition extends NamingDefinition {
  readonly label: string;
  readonly #worker: WorkerDefinition;

  constructor(worker: WorkerDefinition, name: string) {
    super();
    this.#worker = worker;
    this.label = name;
  }

  get isContinuous(): boolean {
    return this.#worker.isContinuous;
  }

  override get hasRetry(): boolean {
    return this.#worker.hasRetry;
  }

  override timeToStop(otherwise: number): number {
    return this.#worker.timeToStop(otherwise);
  }

  override createTask(parent: Task): NamedTask {
    return new NamedTask<Definition>(parent, this.#worker, this.label);
  }
}

/** A worker at work under its name. It has a signal of its own, so that workers that run together never share one. */
export class NamedTask<Declared extends Definition = Definition> extends Scope {
  readonly link: Declared;
  readonly #name: string;

  constructor(parent: Task, link: Declared, name: string) {
    super(parent);
    this.link = link;
    this.#name = nestName(parent.name, name);
  }

  override get name(): string {
    return this.#name;
  }

  override start(): void {
    this.startChild(this.link);
  }

  protected override onChildExit(outcome: Outcome): void {
    this.exit(outcome);
  }

  override listRunning(list: Task[]): void {
    const { length } = list;
    super.listRunning(list);
    if (list.length === length) list.push(this);
  }

  override describe(status: WorkerStatus): void {
    status.phase = this.child === undefined ? "stopped" : "running";
    super.describe(status);
  }
}
