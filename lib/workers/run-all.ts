import type { Activity } from "../context/activity.js";
import type { Link } from "../context/link.js";
import type { Orders } from "../context/orders.js";
import { isFailure, type Outcome } from "../context/outcome.js";
import { Scope } from "../context/scope.js";
import { type Failure, WorkersFailedError } from "../errors/workers-failed-error.js";
import { NamedActivity, NamingLink } from "./named.js";

/** How far apart, in ms, those may begin of whom it is said that they begin together. */
const longestMoment = 100;

/**
 * Several links at work side by side, each under a name and with a signal of its own. Settles when all have settled, with
 * every error that there was. Keeps the process alive until then.
 */
export abstract class RunAll extends Scope {
  /** In the order in which they were given; those that have settled stay, with what they know of their runs. */
  readonly members: NamedActivity[];
  protected readonly kind: "worker" | "job";
  protected readonly failures: Failure[] = [];
  /** How many have not settled. */
  protected running: number;
  #hasSettled = false;
  #hasBegun = false;
  /** Those that are being begun, and how many of them have been. */
  #beginning: NamedActivity[] | undefined;
  #begun = 0;
  /** The moment at which the member begins that is being begun. */
  #moment: number | undefined;
  readonly #onSettled: (() => void)[] = [];

  constructor(parent: Activity, links: readonly Link[], kind: "worker" | "job") {
    super(parent);
    this.kind = kind;
    this.members = links.map((link, index) => this.#member(link, index));
    this.running = this.members.length;
  }

  override begin(): void {
    this.#hasBegun = true;
    if (this.running === 0) {
      this.settle(this.aborted ? "stopped" : "done");
      return;
    }
    this.sleepForEver();
    // What is added meanwhile is begun by whoever adds it.
    this.#beginning = [...this.members];
    let moment = super.beginsAt;
    for (const member of this.#beginning) {
      this.#begun++;
      // A member may have blocked, and those after it do not begin in the past.
      const now = super.beginsAt;
      if (now - moment > longestMoment) moment = now;
      if (this.isDone(member.link)) this.childSettled("completed", member);
      else this.beginMember(member, moment);
    }
    this.#beginning = undefined;
  }

  /** Whether it has settled; one that has not been begun has not. */
  hasEnded(member: NamedActivity): boolean {
    const isToBegin = this.#beginning !== undefined && this.#beginning.indexOf(member) >= this.#begun;
    return !member.busy && !isToBegin;
  }

  override get beginsAt(): number {
    return this.#moment ?? super.beginsAt;
  }

  /** Its code may have others begun meanwhile. */
  protected beginMember(member: NamedActivity, moment = super.beginsAt): void {
    const outer = this.#moment;
    this.#moment = moment;
    member.begin();
    this.#moment = outer;
  }

  override get busy(): boolean {
    // It may go on with nobody left, until somebody is added.
    return this.running > 0 || this.sleeping;
  }

  protected override stopWork(reason: unknown): void {
    // Those that have ended too: what they left running under their signals is to stop as well.
    for (const member of this.members) member.abort(reason);
  }

  protected override ended(outcome: Outcome, member: Activity): void {
    this.running--;
    if (outcome === "completed" && member instanceof NamedActivity) this.setDone(member.link, true);
    if (isFailure(outcome)) this.failures.push({ worker: member.name, error: outcome });
    if (this.running === 0) this.finish();
  }

  // The runs of the members are their own, and what was ordered for the whole is not for them.
  override recovered(): void {}
  override failing(): void {}
  override ran(): void {}
  override checkpoint(): void {}
  override reconsider(): void {}

  override get orders(): Orders | undefined {
    return undefined;
  }

  /** Members never wait for the fleet each on its own. */
  override get turn(): undefined {
    return undefined;
  }

  /** When the word to stop came, on the clock of the timer queue, if it came and that is known. */
  get toldToStopAt(): number | undefined {
    return undefined;
  }

  /** Calls back once this has settled; at once, if it has already. */
  onSettled(callback: () => void): void {
    if (this.#hasSettled) callback();
    else this.#onSettled.push(callback);
  }

  get hasSettled(): boolean {
    return this.#hasSettled;
  }

  protected get hasBegun(): boolean {
    return this.#hasBegun;
  }

  protected override settle(outcome: Outcome): void {
    this.#hasSettled = true;
    super.settle(outcome);
    for (const tell of this.#onSettled) tell();
  }

  protected finish(): void {
    this.callOffSleep();
    if (this.failures.length > 0) this.settle(new WorkersFailedError(this.failures, this.kind));
    else if (this.kind === "job") this.settle("done");
    else this.settle(this.aborted ? "stopped" : "completed");
  }

  override letGo(): void {
    this.callOffSleep();
    for (const member of this.members) member.letGo();
  }

  override listRunning(list: Activity[]): void {
    for (const member of this.members) if (member.busy) member.listRunning(list);
  }

  /** One more, beside those that run. */
  protected join(link: Link): void {
    const member = this.#member(link, this.members.length);
    this.members.push(member);
    this.running++;
    if (this.aborted) member.abort(this.reason);
    this.beginMember(member);
  }

  #member(link: Link, index: number): NamedActivity {
    if (link instanceof NamingLink && link.label !== "") return link.activity(this);
    return new NamedActivity(this, link, link.label || `${this.kind} ${index + 1}`);
  }
}
