import { MonitorTask } from "../chain/monitor.js";
import { type NamedTask, NamingDefinition } from "../chain/named.js";
import type { WorkerDefinition } from "../chain/worker-definition.js";
import { isFailure, type Outcome } from "../runtime/outcome.js";
import type { Task } from "../runtime/task.js";
import { type RosterOptions, RunningWorkers } from "./running-workers.js";
import { StopOperation, type StopReason } from "./stop-operation.js";

/** A roster that is backing off has failed, and waits for its retry to make a new one of it. */
export type RosterState = "up" | "stopping" | "backoff" | "ended";

/** A roster whose members can be added, stopped, replaced and dropped one by one while it runs. */
export class Roster extends RunningWorkers {
  readonly #leaving = new Map<Task, StopOperation>();

  /** @param previous the roster that this one takes the place of, if any: what is known of its workers, and their commands, goes on */
  constructor(parent: Task, links: readonly WorkerDefinition[], options: RosterOptions, previous?: Roster) {
    super(parent, links, options);
    if (previous === undefined) return;
    const known = new Map(previous.members.map((member) => [member.link, member]));
    for (const member of this.members) succeed(member, known.get(member.link));
  }

  get state(): RosterState {
    if (!this.hasSettled) return this.aborted ? "stopping" : "up";
    return this.parent.sleeping ? "backoff" : "ended";
  }

  /** Starts some more. */
  add(links: readonly WorkerDefinition[]): void {
    this.join(links);
  }

  /**
   * Tells a member to stop, and resolves once it has; the roster goes on. The latest wish counts: a member that is on its way
   * out for another reason is not told again, but whoever waits for that is told of it.
   * @param afterwards is called once it has stopped, however long that takes, and also if all have been told to stop meanwhile
   */
  stopMember(wish: StopReason, member: NamedTask, afterwards: () => void): Promise<void> {
    const earlier = this.#leaving.get(member);
    if (earlier?.wish === wish && earlier.isOpen) return earlier.over;
    earlier?.overruledBy(wish);
    const leaving = new StopOperation(wish, member, this.timeoutOf(member), afterwards);
    this.#leaving.set(member, leaving);
    member.abort(new DOMException(`${member.name} was ${wish}`, "AbortError"));
    return leaving.over;
  }

  /** A member that is on its way into a pause is not to stay there. */
  resumeMember(member: NamedTask): void {
    const leaving = this.#leaving.get(member);
    if (leaving?.wish === "paused") leaving.overruledBy("resumed");
  }

  protected override onChildExit(outcome: Outcome, member: Task): void {
    const leaving = this.#leaving.get(member);
    this.#leaving.delete(member);
    if (leaving === undefined) {
      super.onChildExit(outcome, member);
      return;
    }
    const isDone = outcome === "completed" && leaving.wish === "paused";
    if (isDone || !this.#goesOnWith(leaving.member)) {
      super.onChildExit(outcome, member);
    } else {
      if (isFailure(outcome)) this.log(member, outcome, "failed while it stopped; the others go on");
      else if (leaving.isOverdue) this.log(member, outcome, "has stopped at last");
      this.running--;
    }
    leaving.hasStopped(isDone);
  }

  /** Whether a member is not among those who were told to stop with all. */
  #goesOnWith(member: NamedTask): boolean {
    return this.state === "up" || (this.state === "stopping" && this.awaitsItsTurn(member));
  }

  /** Forgets a member that has ended. The roster goes on, even if nothing is left of it. */
  drop(member: NamedTask): void {
    // What it may have left running under its signal is to stop as well.
    if (this.forget(member)) member.abort(new DOMException(`${member.name} was removed`, "AbortError"));
  }

  /** Starts a member anew that has ended, unless it was told to stop with all. */
  replace(member: NamedTask): void {
    const { link } = member;
    if (!this.members.includes(member) || !this.#goesOnWith(member) || !(link instanceof NamingDefinition)) return;
    member.abort(new DOMException(`${member.name} was restarted`, "AbortError"));
    const successor = link.createTask(this);
    succeed(successor, member);
    this.swap(member, successor);
    this.running++;
    this.beginMember(successor);
  }
}

function succeed(member: Task, predecessor: Task | undefined): void {
  if (member instanceof MonitorTask && predecessor instanceof MonitorTask) member.succeed(predecessor);
}
