import { MonitorTask } from "../chain/monitor.js";
import type { WorkerDefinition } from "../chain/worker-definition.js";
import type { DeclarativeWorker, WorkerGroup } from "../declarative-worker.js";
import { channels } from "../events/channels.js";
import type { CheckedSettings } from "../runner/runner-settings.js";
import type { Task } from "../runtime/task.js";
import { inBatches } from "./in-batches.js";
import { RestartedGroup } from "./restarted-group.js";
import { Roster } from "./roster.js";
import { WorkerControl } from "./worker-control.js";

/** One run of a runner: its roster, and the rosters below that, one for each group that is restarted as a whole. */
export class RosterTree {
  readonly roster: Roster;
  readonly #shutdownTimeout: number;
  readonly #groups = new Map<WorkerGroup, RestartedGroup>();

  constructor(parent: Task, workers: readonly DeclarativeWorker[], settings: CheckedSettings) {
    const { shutdownTimeout, logger, stopOrder, engine } = settings;
    this.#shutdownTimeout = shutdownTimeout;
    const batches = stopOrder === "reverse" ? inBatches : undefined;
    this.roster = new Roster(parent, this.#linksOf(workers), { shutdownTimeout, logger, batches, engine });
  }

  add(workers: readonly DeclarativeWorker[]): void {
    for (const { label } of workers) if (channels.command.isObserved) channels.command.publish({ worker: label, command: "add" });
    this.roster.add(this.#linksOf(workers));
  }

  trigger(worker: DeclarativeWorker): Promise<void> {
    return this.#handle(worker).trigger();
  }

  pause(worker: DeclarativeWorker): Promise<void> {
    return this.#handle(worker).pause();
  }

  resume(worker: DeclarativeWorker): void {
    this.#handle(worker).resume();
  }

  restart(worker: DeclarativeWorker): Promise<void> {
    return this.#handle(worker).restart();
  }

  /** @param onGone is called once it has stopped, however long that takes */
  remove(worker: DeclarativeWorker, onGone: () => void): Promise<void> {
    const group = this.groupOf(worker);
    const forget = (): void => {
      group?.forget(worker);
      if (worker.group !== undefined && group?.isEmpty === true) this.#dropGroup(worker.group, group);
      onGone();
    };
    return this.#handle(worker).remove(forget);
  }

  /** Nothing is left of it. */
  #dropGroup(key: WorkerGroup, group: RestartedGroup): void {
    this.#groups.delete(key);
    const member = this.roster.find(group);
    if (member === undefined) return;
    const drop = (): void => this.roster.drop(member);
    if (this.roster.hasEnded(member)) drop();
    // With nobody in it, it stops at once.
    else void this.roster.stopMember("removed", member, drop);
  }

  /** All workers at work, by what is declared of them; between two restarts of a group, its workers as they were. */
  atWork(): Map<WorkerDefinition, MonitorTask> {
    const found = new Map<WorkerDefinition, MonitorTask>();
    const rosters = [this.roster, ...Array.from(this.#groups.values(), ({ roster }) => roster)];
    for (const roster of rosters) {
      for (const member of roster?.members ?? []) if (member instanceof MonitorTask) found.set(member.link, member);
    }
    return found;
  }

  /** The group that a worker is restarted with, if it is. */
  groupOf({ group }: DeclarativeWorker): RestartedGroup | undefined {
    return group && this.#groups.get(group);
  }

  #handle(worker: DeclarativeWorker): WorkerControl {
    return new WorkerControl(worker, this.roster, this.groupOf(worker));
  }

  /** What the roster is made of: workers, and in the place of those that are restarted together, their group. */
  #linksOf(workers: readonly DeclarativeWorker[]): WorkerDefinition[] {
    const links: WorkerDefinition[] = [];
    for (const worker of workers) {
      const { group } = worker;
      const known = this.groupOf(worker);
      if (known !== undefined) {
        this.#enlist(known, worker);
      } else if (group?.retry === undefined) {
        links.push(worker);
      } else {
        const restarted = new RestartedGroup(group.name, group.retry, this.#shutdownTimeout);
        restarted.enlist(worker);
        this.#groups.set(group, restarted);
        links.push(restarted);
      }
    }
    return links;
  }

  #enlist(group: RestartedGroup, worker: DeclarativeWorker): void {
    group.release(worker);
    group.enlist(worker);
    // If all of it is done for good, it comes back for this one.
    const member = group.state === "ended" ? this.roster.find(group) : undefined;
    if (member !== undefined) this.roster.replace(member);
  }
}
