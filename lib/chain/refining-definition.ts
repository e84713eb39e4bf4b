import type { Repetition } from "./repetition.js";
import { WorkerDefinition } from "./worker-definition.js";

/** A link around a worker that changes how that runs, and not what it is. */
export abstract class RefiningDefinition extends WorkerDefinition {
  readonly subject: WorkerDefinition;

  constructor(subject: WorkerDefinition) {
    super();
    this.subject = subject;
  }

  get label(): string {
    return this.subject.label;
  }

  get isContinuous(): boolean {
    return this.subject.isContinuous;
  }

  override get repetition(): Repetition | undefined {
    return this.subject.repetition;
  }

  override get hasRetry(): boolean {
    return this.subject.hasRetry;
  }

  override timeToStop(otherwise: number): number {
    return this.subject.timeToStop(otherwise);
  }
}
