import { MonitorTask } from "../chain/monitor-task.js";
import type { WorkerDefinition } from "../chain/worker-definition.js";
import type { DeclarativeWorker, WorkerGroup } from "../declarative-worker.js";
import { nestName } from "../runtime/nest-name.js";
import type { Definition, Task } from "../runtime/task.js";
import { Supervisor } from "../supervision/supervisor.js";
import type { CommandOptions } from "./command-options.js";
import { RestartedGroup } from "./restarted-group.js";
import type { CheckedSettings } from "./runner-settings.js";
import { stopBatches } from "./stop-batches.js";
import { WorkerControl } from "./worker-control.js";

/** The workers during one run of a runner: the outermost supervisor, and one for each group that is restarted as a whole. */
export class WorkerTree {
  readonly supervisor: Supervisor;
  readonly #shutdownTimeout: number;
  readonly #groups = new Map<WorkerGroup, RestartedGroup>();

  constructor(parent: Task, workers: readonly DeclarativeWorker[], settings: CheckedSettings) {
    const { shutdownTimeout, logger, stopOrder, engine, around } = settings;
    this.#shutdownTimeout = shutdownTimeout;
    const batches = stopOrder === "reverse" ? stopBatches : undefined;
    this.supervisor = new Supervisor(parent, this.#children(workers), { shutdownTimeout, logger, batches, engine, around });
  }

  add(workers: readonly DeclarativeWorker[]): void {
    this.supervisor.add(this.#children(workers));
  }

  /** What the outermost supervisor runs: workers, and groups in the place of the workers that are restarted together. */
  #children(workers: readonly DeclarativeWorker[]): WorkerDefinition[] {
    const children: WorkerDefinition[] = [];
    for (const worker of workers) {
      const { group } = worker;
      const known = this.groupOf(worker);
      if (known !== undefined) {
        this.#addToGroup(known, worker);
      } else if (group?.retry === undefined) {
        children.push(worker);
      } else {
        const restarted = new RestartedGroup(group.name, group.retry, this.#shutdownTimeout);
        restarted.add(worker);
        this.#groups.set(group, restarted);
        children.push(restarted);
      }
    }
    return children;
  }

  #addToGroup(group: RestartedGroup, worker: DeclarativeWorker): void {
    group.add(worker);
    // If all of it has completed, it is started again for this one.
    const child = group.state === "exited" ? this.supervisor.find(group) : undefined;
    if (child !== undefined) this.supervisor.replace(child);
  }

  /** @param onRemoved called when the worker has exited, however long that takes */
  remove(worker: DeclarativeWorker, options: CommandOptions, onRemoved: () => void): Promise<void> {
    const group = this.groupOf(worker);
    return this.control(worker, options).remove(() => {
      group?.remove(worker);
      if (worker.group !== undefined && group?.isEmpty === true) this.#removeGroup(worker.group, group);
      onRemoved();
    });
  }

  /** Removes a group without workers. */
  #removeGroup(key: WorkerGroup, group: RestartedGroup): void {
    this.#groups.delete(key);
    const child = this.supervisor.find(group);
    if (child === undefined) return;
    const remove = (): void => this.supervisor.remove(child);
    if (this.supervisor.hasChildExited(child)) remove();
    else void this.supervisor.stopChild("removed", child, remove);
  }

  control(worker: DeclarativeWorker, options: CommandOptions): WorkerControl {
    const subject = { name: this.nameOf(worker), logger: this.supervisor.logger };
    return new WorkerControl(worker, subject, this.supervisor, this.groupOf(worker), options);
  }

  /** The name that a worker has in events and in the log: within another runner, with the name of this one in front. */
  nameOf(worker: DeclarativeWorker): string {
    return nestName((this.groupOf(worker)?.supervisor ?? this.supervisor).name, worker.label);
  }

  /** The group that a worker is restarted with, if there is one. */
  groupOf({ group }: DeclarativeWorker): RestartedGroup | undefined {
    return group && this.#groups.get(group);
  }

  /** The task of a worker, as in {@link tasks}. */
  taskOf(worker: DeclarativeWorker): MonitorTask | undefined {
    const task = (this.groupOf(worker)?.supervisor ?? this.supervisor).find(worker);
    return task instanceof MonitorTask ? task : undefined;
  }

  /** The tasks of all workers; between two restarts of a group, the last ones of its workers. */
  tasks(): Map<Definition, MonitorTask> {
    const tasks = new Map<Definition, MonitorTask>();
    const supervisors = [this.supervisor, ...Array.from(this.#groups.values(), ({ supervisor }) => supervisor)];
    for (const supervisor of supervisors) {
      for (const child of supervisor?.children ?? []) if (child instanceof MonitorTask) tasks.set(child.definition, child);
    }
    return tasks;
  }
}
