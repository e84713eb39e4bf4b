import type { Activity } from "../context/activity.js";
import type { Link } from "../context/link.js";
import { nestName } from "../context/nest-name.js";
import type { Outcome } from "../context/outcome.js";
import { Scope } from "../context/scope.js";
import type { WorkerStatus } from "../context/worker-status.js";
import { showValue } from "../errors/foreign-value.js";
import { InvalidArgumentError } from "../errors/invalid-argument-error.js";
import type { Worker, WorkerFunc } from "./worker.js";
import { WorkerLink, workerLink } from "./worker-link.js";

/**
 * Gives a worker a name: its context, its log lines, its errors and its status carry it. Names nest: within a worker `github`,
 * one that is named `commits` is `github/commits`. What the two names share, at the seam or from the start,
 * counts once.
 * @throws InvalidArgumentError if the name is empty, or the worker is not one
 */
export function named(worker: Worker | WorkerFunc, name: string): Worker {
  return new NamedLink(workerLink(worker), asName(name));
}

/** @throws InvalidArgumentError if it is not a name */
export function asName(name: unknown): string {
  if (typeof name === "string" && name.trim() !== "") return name;
  throw new InvalidArgumentError(`${showValue(name)} is not a name: pass a string that is not empty`);
}

/** A link whose activity has a name of its own. */
export abstract class NamingLink extends WorkerLink {
  /** @internal */
  abstract override activity(parent: Activity): NamedActivity;
}

class NamedLink extends NamingLink {
  readonly label: string;
  readonly #worker: WorkerLink;

  constructor(worker: WorkerLink, name: string) {
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

  override activity(parent: Activity): NamedActivity {
    return new NamedActivity<Link>(parent, this.#worker, this.label);
  }
}

/** A worker at work under its name. It has a signal of its own, so that workers that run together never share one. */
export class NamedActivity<Declared extends Link = Link> extends Scope {
  readonly link: Declared;
  readonly #name: string;

  constructor(parent: Activity, link: Declared, name: string) {
    super(parent);
    this.link = link;
    this.#name = nestName(parent.name, name);
  }

  override get name(): string {
    return this.#name;
  }

  override begin(): void {
    this.start(this.link);
  }

  protected override ended(outcome: Outcome): void {
    this.settle(outcome);
  }

  override listRunning(list: Activity[]): void {
    const { length } = list;
    super.listRunning(list);
    if (list.length === length) list.push(this);
  }

  override describe(status: WorkerStatus): void {
    status.phase = this.child === undefined ? "stopped" : "running";
    super.describe(status);
  }
}
