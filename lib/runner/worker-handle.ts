import type { DeclarativeWorker } from "../declarative-worker.js";
import { InvalidArgumentError } from "../errors/invalid-argument-error.js";
import { WorkerNotRunningError } from "../errors/worker-not-running-error.js";
import { channels } from "../events/channels.js";
import type { OrderEvent } from "../events/events.js";
import { Monitored } from "../workers/monitored.js";
import type { Roster } from "./roster.js";

/** One worker of a roster, to be given orders while that runs. All throw or reject with a {@link WorkerNotRunningError} if it does not. */
export class WorkerHandle {
  readonly #roster: Roster;
  readonly #worker: DeclarativeWorker;

  constructor(roster: Roster, worker: DeclarativeWorker) {
    this.#roster = roster;
    this.#worker = worker;
  }

  /** Lets a repeated worker run now, and settles with that run. */
  trigger(): Promise<void> {
    const member = this.#atWork("triggered");
    if (this.#worker.isContinuous) {
      throw new InvalidArgumentError(`${member.name} cannot be triggered: it is no repeated job, but runs until it is stopped`);
    }
    this.#tell("trigger");
    const run = member.takeOrders().requestRun();
    member.reconsider();
    return run;
  }

  /** Keeps it from running, and resolves once nothing of it runs: a repeated one ends its run, any other is stopped. */
  pause(): Promise<void> {
    const member = this.#pausable("paused");
    this.#tell("pause");
    const atRest = member.takeOrders().pause();
    if (this.#worker.isContinuous && !member.sleeping && this.#roster.isUp) {
      return this.#roster.stopMember("paused", member, () => this.#roster.replace(member));
    }
    if (this.#roster.isBackingOff) member.orders?.rest();
    member.reconsider();
    return atRest;
  }

  resume(): void {
    const member = this.#pausable("resumed");
    this.#tell("resume");
    if (member.orders?.isPaused !== true) return;
    member.orders.resume();
    member.reconsider();
  }

  /** Stops it and starts it anew; also if it is done for good. */
  async restart(): Promise<void> {
    const roster = this.#roster;
    const member = this.#known("restarted");
    this.#tell("restart");
    member.orders?.resume();
    roster.setDone(this.#worker, false);
    if (roster.hasEnded(member)) {
      roster.replace(member);
      return;
    }
    await roster.stopMember("restarted", member, () => roster.replace(member));
    if (!roster.isUp) throw new WorkerNotRunningError(member.name, "restarted", "its roster was stopped meanwhile");
  }

  /**
   * Stops it and forgets it.
   * @param onGone is called once it has stopped, however long that takes
   */
  async remove(onGone: () => void): Promise<void> {
    const member = this.#roster.find(this.#worker);
    const forget = (): void => {
      if (member !== undefined) this.#roster.drop(member);
      onGone();
    };
    this.#tell("remove");
    if (member === undefined || this.#roster.hasEnded(member)) forget();
    else await this.#roster.stopMember("removed", member, forget);
  }

  #known(wish: string): Monitored {
    const member = this.#roster.find(this.#worker);
    if (!(member instanceof Monitored)) throw new WorkerNotRunningError(this.#worker.label, wish, "it does not run");
    if (this.#roster.isUp || this.#roster.isBackingOff) return member;
    const obstacle = this.#roster.hasSettled ? "its roster has ended" : "its roster is being stopped";
    throw new WorkerNotRunningError(member.name, wish, obstacle);
  }

  #atWork(wish: string): Monitored {
    const member = this.#known(wish);
    if (!this.#roster.hasEnded(member)) return member;
    throw new WorkerNotRunningError(member.name, wish, "it is done for good; restart it to have it run again");
  }

  /** A pause may begin and end while its group backs off, though nothing of it is there then. */
  #pausable(wish: string): Monitored {
    return this.#roster.isBackingOff ? this.#known(wish) : this.#atWork(wish);
  }

  #tell(order: OrderEvent["order"]): void {
    if (channels.order.isObserved) channels.order.publish({ worker: this.#worker.label, order });
  }
}
