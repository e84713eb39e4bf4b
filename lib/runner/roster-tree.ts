import type { Activity } from "../context/activity.js";
import type { DeclarativeWorker, WorkerGroup } from "../declarative-worker.js";
import { Monitored } from "../workers/monitored.js";
import { named } from "../workers/named.js";
import { retry } from "../workers/retry.js";
import { type WorkerLink, workerLink } from "../workers/worker-link.js";
import { inBatches } from "./in-batches.js";
import { RestartedGroup } from "./restarted-group.js";
import { Roster } from "./roster.js";
import type { CheckedSettings } from "./runner-settings.js";

/** A group that is restarted as a whole, and the link by which it is a member of the roster. */
interface Subtree {
  readonly group: RestartedGroup;
  readonly link: WorkerLink;
}

/** One run of a runner: its roster, and the rosters below that, one for each group that is restarted as a whole. */
export class RosterTree {
  readonly roster: Roster;
  readonly #shutdownTimeout: number;
  readonly #subtrees = new Map<WorkerGroup, Subtree>();

  constructor(parent: Activity, workers: readonly DeclarativeWorker[], settings: CheckedSettings) {
    const { shutdownTimeout, logger, stopOrder } = settings;
    this.#shutdownTimeout = shutdownTimeout;
    const batches = stopOrder === "reverse" ? inBatches : undefined;
    this.roster = new Roster(parent, this.#linksOf(workers), { shutdownTimeout, logger, batches });
  }

  add(workers: readonly DeclarativeWorker[]): void {
    for (const link of this.#linksOf(workers)) this.roster.add(link);
  }

  /** @param onGone is called once it has stopped, however long that takes */
  async remove(worker: DeclarativeWorker, onGone: () => void): Promise<void> {
    const subtree = this.#subtreeOf(worker);
    if (worker.group === undefined || subtree === undefined) {
      await this.roster.remove(worker, onGone);
    } else if (subtree.group.isOnly(worker)) {
      this.#subtrees.delete(worker.group);
      await this.roster.remove(subtree.link, onGone);
    } else {
      subtree.group.forget(worker);
      await subtree.group.roster?.remove(worker, onGone);
    }
  }

  /** The roster that a worker is a direct member of. */
  rosterOf(worker: DeclarativeWorker): Roster {
    return this.#subtreeOf(worker)?.group.roster ?? this.roster;
  }

  /** All workers at work, by what is declared of them; between two restarts of a group, its workers as they were. */
  atWork(): Map<WorkerLink, Monitored> {
    const found = new Map<WorkerLink, Monitored>();
    const rosters = [this.roster, ...Array.from(this.#subtrees.values(), ({ group }) => group.roster)];
    for (const roster of rosters) {
      for (const member of roster?.members ?? []) if (member instanceof Monitored) found.set(member.link, member);
    }
    return found;
  }

  /** The group that a worker is restarted with, if it is. */
  groupOf(worker: DeclarativeWorker): RestartedGroup | undefined {
    return this.#subtreeOf(worker)?.group;
  }

  #subtreeOf({ group }: DeclarativeWorker): Subtree | undefined {
    return group && this.#subtrees.get(group);
  }

  /** What the roster is made of: workers, and in the place of those that are restarted together, their group. */
  #linksOf(workers: readonly DeclarativeWorker[]): WorkerLink[] {
    const links = new Set<WorkerLink>();
    for (const worker of workers) {
      links.add(worker.group?.retry === undefined ? worker : this.#linkOf(worker.group, worker.group.retry, workers));
    }
    return [...links];
  }

  #linkOf(key: WorkerGroup, policy: NonNullable<WorkerGroup["retry"]>, workers: readonly DeclarativeWorker[]): WorkerLink {
    const known = this.#subtrees.get(key);
    if (known !== undefined) return known.link;
    const members = workers.filter((worker) => worker.group === key);
    const group = new RestartedGroup(members, this.#shutdownTimeout);
    const link = workerLink(named(retry(group, policy), key.name));
    this.#subtrees.set(key, { group, link });
    return link;
  }
}
