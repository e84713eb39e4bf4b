import type { Activity } from "../context/activity.js";
import { isFailure, type Outcome } from "../context/outcome.js";
import { Monitored } from "../workers/monitored.js";
import { type NamedActivity, NamingLink } from "../workers/named.js";
import { type RosterOptions, RunAllWorkers } from "../workers/run-all-workers.js";
import type { WorkerLink } from "../workers/worker-link.js";
import { type Departure, Leaving } from "./leaving.js";

/** A roster whose members can be added, stopped, replaced and dropped one by one while it runs. */
export class Roster extends RunAllWorkers {
  readonly #leaving = new Map<Activity, Leaving>();

  /** @param previous the roster that this one takes the place of, if any: what is known of its workers, and their orders, goes on */
  constructor(parent: Activity, links: readonly WorkerLink[], options: RosterOptions, previous?: Roster) {
    super(parent, links, options);
    if (previous === undefined) return;
    const known = new Map(previous.members.map((member) => [member.link, member]));
    for (const member of this.members) succeed(member, known.get(member.link));
  }

  /** Whether its members can be handled. */
  get isUp(): boolean {
    return !this.aborted && !this.hasSettled;
  }

  /** Whether it has failed and waits for its retry to make a new one of it. */
  get isBackingOff(): boolean {
    return this.hasSettled && this.parent.sleeping;
  }

  find(link: WorkerLink): NamedActivity | undefined {
    return this.members.find((member) => member.link === link);
  }

  /** Starts one more. */
  add(link: WorkerLink): void {
    this.join(link);
  }

  /**
   * Tells a member to stop, and resolves once it has; the roster goes on. The latest wish counts: a member that is on its way
   * out for another reason is not told again, but whoever waits for that is told of it.
   * @param afterwards is called once it has stopped, however long that takes, and also if all have been told to stop meanwhile
   */
  stopMember(wish: Departure, member: NamedActivity, afterwards: () => void): Promise<void> {
    const earlier = this.#leaving.get(member);
    if (earlier?.wish === wish && !earlier.isOverdue) return earlier.over;
    earlier?.overruledBy(wish);
    const leaving = new Leaving(wish, member, this.timeoutOf(member), afterwards);
    this.#leaving.set(member, leaving);
    member.abort(new DOMException(`${member.name} was ${wish}`, "AbortError"));
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

  /** Forgets a member that has ended. The roster goes on, even if nothing is left of it. */
  drop(member: NamedActivity): void {
    const index = this.members.indexOf(member);
    if (index < 0) return;
    // What it may have left running under its signal is to stop as well.
    member.abort(new DOMException(`${member.name} was removed`, "AbortError"));
    this.members.splice(index, 1);
  }

  /** Starts a member anew that has ended, unless all are to stop. */
  replace(member: NamedActivity): void {
    const index = this.members.indexOf(member);
    const { link } = member;
    if (index < 0 || !this.isUp || !(link instanceof NamingLink)) return;
    member.abort(new DOMException(`${member.name} was restarted`, "AbortError"));
    const successor = link.activity(this);
    succeed(successor, member);
    this.members[index] = successor;
    this.running++;
    successor.begin();
  }
}

function succeed(member: Activity, predecessor: Activity | undefined): void {
  if (member instanceof Monitored && predecessor instanceof Monitored) member.succeed(predecessor);
}
