import type { Activity } from "../context/activity.js";
import { isFailure, type Outcome } from "../context/outcome.js";
import { Monitored } from "../workers/monitored.js";
import { type NamedActivity, NamingLink } from "../workers/named.js";
import { type RosterOptions, RunningWorkers } from "../workers/running-workers.js";
import type { WorkerLink } from "../workers/worker-link.js";
import { type Departure, Leaving } from "./leaving.js";

/** A roster that is backing off has failed, and waits for its retry to make a new one of it. */
export type RosterState = "up" | "stopping" | "backing off" | "ended";

/** A roster whose members can be added, stopped, replaced and dropped one by one while it runs. */
export class Roster extends RunningWorkers {
  readonly #leaving = new Map<Activity, Leaving>();

  /** @param previous the roster that this one takes the place of, if any: what is known of its workers, and their orders, goes on */
  constructor(parent: Activity, links: readonly WorkerLink[], options: RosterOptions, previous?: Roster) {
    super(parent, links, options);
    if (previous === undefined) return;
    const known = new Map(previous.members.map((member) => [member.link, member]));
    for (const member of this.members) succeed(member, known.get(member.link));
  }

  get state(): RosterState {
    if (!this.hasSettled) return this.aborted ? "stopping" : "up";
    return this.parent.sleeping ? "backing off" : "ended";
  }

  /** Starts some more. */
  add(links: readonly WorkerLink[]): void {
    this.join(links);
  }

  /**
   * Tells a member to stop, and resolves once it has; the roster goes on. The latest wish counts: a member that is on its way
   * out for another reason is not told again, but whoever waits for that is told of it.
   * @param afterwards is called once it has stopped, however long that takes, and also if all have been told to stop meanwhile
   */
  stopMember(wish: Departure, member: NamedActivity, afterwards: () => void): Promise<void> {
    const earlier = this.#leaving.get(member);
    if (earlier?.wish === wish && earlier.isOpen) return earlier.over;
    earlier?.overruledBy(wish);
    const leaving = new Leaving(wish, member, this.timeoutOf(member), afterwards);
    this.#leaving.set(member, leaving);
    member.abort(new DOMException(`${member.name} was ${wish}`, "AbortError"));
    return leaving.over;
  }

  /** A member that is on its way into a pause is not to stay there. */
  resumeMember(member: NamedActivity): void {
    const leaving = this.#leaving.get(member);
    if (leaving?.wish === "paused") leaving.overruledBy("resumed");
  }

  protected override ended(outcome: Outcome, member: Activity): void {
    const leaving = this.#leaving.get(member);
    this.#leaving.delete(member);
    if (leaving === undefined) {
      super.ended(outcome, member);
      return;
    }
    const isDone = outcome === "completed" && leaving.wish === "paused";
    if (isDone || !this.#goesOnWith(leaving.member)) {
      super.ended(outcome, member);
    } else {
      if (isFailure(outcome)) this.log(member, outcome, "failed while it stopped; the others go on");
      else if (leaving.isOverdue) this.log(member, outcome, "has stopped at last");
      this.running--;
    }
    leaving.hasStopped(isDone);
  }

  /** Whether a member is not among those who were told to stop with all. */
  #goesOnWith(member: NamedActivity): boolean {
    return this.state === "up" || (this.state === "stopping" && this.awaitsItsTurn(member));
  }

  /** Forgets a member that has ended. The roster goes on, even if nothing is left of it. */
  drop(member: NamedActivity): void {
    // What it may have left running under its signal is to stop as well.
    if (this.forget(member)) member.abort(new DOMException(`${member.name} was removed`, "AbortError"));
  }

  /** Starts a member anew that has ended, unless it was told to stop with all. */
  replace(member: NamedActivity): void {
    const { link } = member;
    if (!this.members.includes(member) || !this.#goesOnWith(member) || !(link instanceof NamingLink)) return;
    member.abort(new DOMException(`${member.name} was restarted`, "AbortError"));
    const successor = link.activity(this);
    succeed(successor, member);
    this.swap(member, successor);
    this.running++;
    this.beginMember(successor);
  }
}

function succeed(member: Activity, predecessor: Activity | undefined): void {
  if (member instanceof Monitored && predecessor instanceof Monitored) member.succeed(predecessor);
}
