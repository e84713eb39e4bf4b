import { CancellationScope } from "../runtime/cancellation-scope.js";
import { nestName } from "../runtime/nest-name.js";
import type { Outcome } from "../runtime/outcome.js";
import { type Definition, Task } from "../runtime/task.js";
import type { WorkerStatus } from "../runtime/worker-status.js";

/** A worker or job that runs under a name. It has a signal of its own, so that workers that run side by side never share one. */
export class NamedTask<Named extends Definition = Definition> extends Task {
  readonly definition: Named;
  private readonly ownName: string;
  private scope: CancellationScope | undefined = undefined;

  constructor(parent: Task, definition: Named, name: string) {
    super(parent);
    this.definition = definition;
    this.ownName = nestName(parent.name, name);
  }

  override get name(): string {
    return this.ownName;
  }

  protected override get ownScope(): CancellationScope {
    return (this.scope ??= new CancellationScope());
  }

  override start(): void {
    this.startChild(this.definition);
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
