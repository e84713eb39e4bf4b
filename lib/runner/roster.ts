import type { Activity } from "../context/activity.js";
import { isFailure, type Outcome } from "../context/outcome.js";
import type { DeclarativeWorker } from "../declarative-worker.js";
import { InvalidArgumentError } from "../errors/invalid-argument-error.js";
import { WorkerNotRunningError } from "../errors/worker-not-running-error.js";
import { channels } from "../events/channels.js";
import type { OrderEvent } from "../events/events.js";
import { Monitored } from "../workers/monitored.js";
import type { NamedActivity } from "../workers/named.js";
import { type RosterOptions, RunAllWorkers } from "../workers/run-all-workers.js";
import type { WorkerLink } from "../workers/worker-link.js";
import { Leaving } from "./leaving.js";

/** A roster whose workers can be handled one by one while it runs. */
export class Roster extends RunAllWorkers {
  readonly #leaving = new Map<Activity, Leaving>();

  /** @param previous the roster that this one takes the place of, if any: what is known of its workers, and their orders, goes on */
  constructor(parent: Activity, links: readonly WorkerLink[], options: RosterOptions, previous?: Roster) {
    super(parent, links, options);
    const known = new Map(previous?.members.map((member) => [member.link, member]));
    for (const member of this.members) succeed(member, known.get(member.link));
  }

  /** Starts one more. */
  add(link: WorkerLink): void {
    if (this.aborted || this.hasSettled) throw new WorkerNotRunningError(link.label, "added", "the roster stops");
    tell(link.label, "add");
    this.join(link);
  }

  /** Lets a repeated worker run now, and settles with that run. */
  trigger(worker: DeclarativeWorker): Promise<void> {
    const member = this.#atWork(worker, "triggered");
    if (worker.isContinuous) {
      throw new InvalidArgumentError(`${member.name} cannot be triggered: it is no repeated job, but runs until it is stopped`);
    }
    tell(member.name, "trigger");
    const run = member.takeOrders().requestRun();
    member.reconsider();
    return run;
  }

  /** Keeps a worker from running, and resolves once nothing of it runs: a repeated one ends its run, any other is stopped. */
  pause(worker: DeclarativeWorker): Promise<void> {
    const member = this.#atWork(worker, "paused");
    tell(member.name, "pause");
    const atRest = member.takeOrders().pause();
    if (worker.isContinuous && !member.sleeping) return this.#stop(member, "was paused", () => this.#replaceIfUp(member));
    member.reconsider();
    return atRest;
  }

  resume(worker: DeclarativeWorker): void {
    const member = this.#atWork(worker, "resumed");
    tell(member.name, "resume");
    if (member.orders?.isPaused !== true) return;
    member.orders.resume();
    member.reconsider();
  }

  /** Stops a worker and starts it anew; one that is done for good as well. */
  async restart(worker: DeclarativeWorker): Promise<void> {
    const member = this.#known(worker, "restarted");
    tell(member.name, "restart");
    member.orders?.resume();
    if (!member.busy) {
      this.#replace(member);
      return;
    }
    await this.#stop(member, "is restarted", () => this.#replaceIfUp(member));
    if (this.aborted) throw new WorkerNotRunningError(member.name, "restarted", "its roster was stopped meanwhile");
  }

  /**
   * Stops whatever was started of a link and forgets it. The roster goes on, even if nothing is left of it.
   * @param onGone is called once it has stopped, however long that takes
   */
  async remove(link: WorkerLink, onGone: () => void): Promise<void> {
    const member = this.#find(link);
    const forget = (): void => {
      if (member !== undefined) this.#drop(member);
      onGone();
    };
    tell(link.label, "remove");
    if (member?.busy === true) await this.#stop(member, "was removed", forget);
    else forget();
  }

  #find(link: WorkerLink): NamedActivity | undefined {
    return this.members.find((member) => member.link === link);
  }

  #known(worker: DeclarativeWorker, wish: string): Monitored {
    const member = this.#find(worker);
    if (!(member instanceof Monitored)) throw new WorkerNotRunningError(worker.label, wish, "it does not run");
    if (this.aborted || this.hasSettled) throw new WorkerNotRunningError(member.name, wish, "its roster does not run");
    return member;
  }

  #atWork(worker: DeclarativeWorker, wish: string): Monitored {
    const member = this.#known(worker, wish);
    if (member.busy) return member;
    throw new WorkerNotRunningError(member.name, wish, "it is done for good; restart it to have it run again");
  }

  /** The latest wish counts: whoever is on its way out is not stopped twice. */
  #stop(member: NamedActivity, what: string, afterwards: () => void): Promise<void> {
    const leaving = this.#leaving.get(member) ?? new Leaving(member, this.timeoutOf(member), afterwards);
    leaving.afterwards = afterwards;
    this.#leaving.set(member, leaving);
    member.abort(new DOMException(`${member.name} ${what}`, "AbortError"));
    return leaving.over;
  }

  protected override ended(outcome: Outcome, member: Activity): void {
    const leaving = this.#leaving.get(member);
    this.#leaving.delete(member);
    if (leaving === undefined) {
      super.ended(outcome, member);
      return;
    }
    if (this.aborted) {
      super.ended(outcome, member);
    } else {
      if (isFailure(outcome)) this.log(member, outcome, "failed while it stopped; the roster goes on");
      else if (leaving.isOverdue) this.log(member, outcome, "has stopped at last");
      this.running--;
    }
    leaving.hasStopped();
  }

  #drop(member: NamedActivity): void {
    // What it may have left running under its signal is to stop as well.
    member.abort(new DOMException(`${member.name} was removed`, "AbortError"));
    this.members.splice(this.members.indexOf(member), 1);
  }

  #replaceIfUp(member: Monitored): void {
    if (!this.aborted) this.#replace(member);
  }

  #replace(member: Monitored): void {
    member.abort(new DOMException(`${member.name} is restarted`, "AbortError"));
    const successor = member.link.activity(this);
    successor.succeed(member);
    this.members.splice(this.members.indexOf(member), 1, successor);
    this.running++;
    successor.begin();
  }
}

function tell(worker: string, order: OrderEvent["order"]): void {
  if (channels.order.isObserved) channels.order.publish({ worker, order });
}

function succeed(member: Activity, predecessor: Activity | undefined): void {
  if (member instanceof Monitored && predecessor instanceof Monitored) member.succeed(predecessor);
}
