import { NamedTask, NamingDefinition } from "../chain/named.js";
import { type Failure, WorkersFailedError } from "../errors/workers-failed-error.js";
import { Scope } from "../runtime/cancellation-scope.js";
import type { Definition } from "../runtime/definition.js";
import { isFailure, type Outcome } from "../runtime/outcome.js";
import type { Task } from "../runtime/task.js";
import type { WorkerCommands } from "../runtime/worker-commands.js";

/** How far apart, in ms, those may begin of whom it is said that they begin together. */
const longestMoment = 100;

/**
 * Several links at work side by side, each under a name and with a signal of its own. Settles when all have settled, with
 * every error that there was. Keeps the process alive until then.
 */
export abstract class RunAll extends Scope {
  /** In the order in which they were given; those that have settled stay, with what they know of their runs. */
  readonly members: NamedTask[];
  protected readonly kind: "worker" | "job";
  protected readonly failures: Failure[] = [];
  /** How many have not settled. */
  protected running: number;
  #hasSettled = false;
  #hasBegun = false;
  /** Those that are being begun one after the other, and have not been yet. */
  #toBegin: Set<NamedTask> | undefined;
  /** The members by what is declared of them. Made when one is first looked up. */
  #index: Map<Definition, NamedTask> | undefined;
  /** The moment at which the member begins that is being begun. */
  #moment: number | undefined;
  readonly #onSettled: (() => void)[] = [];

  constructor(parent: Task, links: readonly Definition[], kind: "worker" | "job") {
    super(parent);
    this.kind = kind;
    this.members = links.map((link, index) => this.#member(link, index));
    this.running = this.members.length;
  }

  override start(): void {
    this.#hasBegun = true;
    if (this.running === 0) {
      this.exit(this.aborted ? "stopped" : "done");
      return;
    }
    this.sleepForever();
    this.beginAll([...this.members]);
  }

  /** Begins members at one moment. All of them count as running from the start: the first may end before the second has begun. */
  private beginAll(members: readonly NamedTask[]): void {
    // A member that is begun may add others.
    const outer = this.#toBegin;
    const toBegin = new Set([...(outer ?? []), ...members]);
    this.#toBegin = toBegin;
    let moment = super.startTime;
    for (const member of members) {
      toBegin.delete(member);
      // A member may have blocked, and those after it do not begin in the past.
      const now = super.startTime;
      if (now - moment > longestMoment) moment = now;
      if (this.isDone(member.link)) this.onChildExit("completed", member);
      else this.beginMember(member, moment);
    }
    this.#toBegin = outer;
  }

  /** Whether it has settled; one that has not been begun has not. */
  hasEnded(member: NamedTask): boolean {
    return !member.busy && this.#toBegin?.has(member) !== true;
  }

  /** The member that is declared so. */
  find(link: Definition): NamedTask | undefined {
    this.#index ??= new Map(this.members.map((member) => [member.link, member]));
    return this.#index.get(link);
  }

  override get startTime(): number {
    return this.#moment ?? super.startTime;
  }

  /** Its code may have others begun meanwhile. */
  protected beginMember(member: NamedTask, moment = super.startTime): void {
    const outer = this.#moment;
    this.#moment = moment;
    member.start();
    this.#moment = outer;
  }

  override get busy(): boolean {
    // It may go on with nobody left, until somebody is added.
    return this.running > 0 || this.sleeping;
  }

  protected override cancelWork(reason: unknown): void {
    // Those that have ended too: what they left running under their signals is to stop as well.
    for (const member of this.members) member.abort(reason);
  }

  protected override onChildExit(outcome: Outcome, member: Task): void {
    this.running--;
    if (outcome === "completed" && member instanceof NamedTask) this.setDone(member.link, true);
    if (isFailure(outcome)) this.failures.push({ worker: member.name, error: outcome });
    if (this.running === 0) this.complete();
  }

  // The runs of the members are their own, and what was ordered for the whole is not for them.
  override onRecovered(): void {}
  override onRunFailing(): void {}
  override onRunsMissed(): void {}
  override onRunCompleted(): void {}
  override reportHealth(): void {}
  override onCommandsChanged(): void {}

  override consequenceOf(_member: Task): string {
    return "";
  }

  override get commands(): WorkerCommands | undefined {
    return undefined;
  }

  /** Members never wait for the fleet each on its own. */
  override get leasedRun(): undefined {
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

  protected override exit(outcome: Outcome): void {
    this.#hasSettled = true;
    super.exit(outcome);
    for (const tell of this.#onSettled) tell();
  }

  protected complete(): void {
    this.cancelSleep();
    if (this.failures.length > 0) this.exit(new WorkersFailedError(this.failures, this.kind));
    else if (this.kind === "job") this.exit("done");
    else this.exit(this.aborted ? "stopped" : "completed");
  }

  override unref(): void {
    this.cancelSleep();
    for (const member of this.members) member.unref();
  }

  override listRunning(list: Task[]): void {
    for (const member of this.members) if (member.busy) member.listRunning(list);
  }

  /** Starts some more, beside those that run. */
  protected join(links: readonly Definition[]): void {
    const joining = links.map((link) => {
      const member = this.#member(link, this.members.length);
      this.members.push(member);
      this.#index?.set(link, member);
      if (this.aborted) member.abort(this.reason);
      return member;
    });
    this.running += joining.length;
    this.beginAll(joining);
  }

  /** Puts another in the place of a member. */
  protected swap(member: NamedTask, successor: NamedTask): void {
    this.members[this.members.indexOf(member)] = successor;
    this.#index?.set(successor.link, successor);
  }

  /** Forgets a member that has ended. Returns whether it was there. */
  protected forget(member: NamedTask): boolean {
    const index = this.members.indexOf(member);
    if (index < 0) return false;
    this.members.splice(index, 1);
    if (this.#index?.get(member.link) === member) this.#index.delete(member.link);
    return true;
  }

  /** Looks at its members by itself, from time to time. */
  override checkRun(): void {}

  #member(link: Definition, index: number): NamedTask {
    if (link instanceof NamingDefinition && link.label !== "") return link.createTask(this);
    return new NamedTask(this, link, link.label || `${this.kind} ${index + 1}`);
  }
}
