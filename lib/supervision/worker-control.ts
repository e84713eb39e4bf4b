import { MonitorTask } from "../chain/monitor.js";
import type { DeclarativeWorker } from "../declarative-worker.js";
import { InvalidArgumentError } from "../errors/invalid-argument-error.js";
import { WorkerNotRunningError } from "../errors/worker-not-running-error.js";
import { channels } from "../events/channels.js";
import type { CommandEvent } from "../events/events.js";
import type { RestartedGroup } from "./restarted-group.js";
import type { Roster, RosterState } from "./roster.js";

/**
 * One worker of a runner, to be given commands while that runs. All throw or reject with a {@link WorkerNotRunningError} if it
 * does not.
 */
export class WorkerControl {
  readonly #worker: DeclarativeWorker;
  readonly #outermost: Roster;
  /** The group that it is restarted with, if it is. */
  readonly #group: RestartedGroup | undefined;

  constructor(worker: DeclarativeWorker, outermost: Roster, group: RestartedGroup | undefined) {
    this.#worker = worker;
    this.#outermost = outermost;
    this.#group = group;
  }

  /** The roster that it is a member of; another one after every restart of its group. */
  get #roster(): Roster {
    return this.#group?.roster ?? this.#outermost;
  }

  /** Lets a repeated worker run now, and settles with that run. */
  trigger(): Promise<void> {
    this.#check("triggered", ["up", "backoff"]);
    this.#refuseIfDone("triggered");
    const { label, isContinuous } = this.#worker;
    if (isContinuous) {
      throw new InvalidArgumentError(`${label} cannot be triggered: it is no repeated job, but runs until it is stopped`);
    }
    this.#tell("trigger");
    // Asked for before the group is hurried: the run that this begins with is the one.
    const run = this.#member("triggered").ensureCommands().requestRun();
    this.#group?.hurry();
    this.#member("triggered").onCommandsChanged();
    return run;
  }

  /** Keeps it from running, and resolves once nothing of it runs: a repeated one ends its run, any other is stopped. */
  pause(): Promise<void> {
    const member = this.#check("paused", ["up", "stopping", "backoff"]);
    this.#refuseIfDone("paused");
    this.#tell("pause");
    const commands = member.ensureCommands();
    commands.pause();
    if (this.#worker.isContinuous && !member.sleeping && this.#roster.state === "up") {
      return this.#roster.stopMember("paused", member, () => this.#roster.replace(member));
    }
    const atRest = commands.atRest();
    if (member.busy) member.onCommandsChanged();
    else commands.rest();
    return atRest;
  }

  resume(): void {
    const member = this.#check("resumed", ["up", "stopping", "backoff"]);
    this.#refuseIfDone("resumed");
    this.#tell("resume");
    if (member.commands?.isPaused !== true) return;
    member.commands.resume(member.name);
    this.#roster.resumeMember(member);
    member.onCommandsChanged();
  }

  /** Stops it and starts it anew; also if it is done for good. */
  restart(): Promise<void> {
    const roster = this.#roster;
    const member = this.#check("restarted", this.#group === undefined ? ["up"] : ["up", "backoff", "ended"]);
    this.#tell("restart");
    if (member.commands?.isPaused === true) member.commands.resume(member.name);
    roster.setDone(this.#worker, false);
    if (this.#group !== undefined && roster.state !== "up") {
      // It is started with its group, which comes back for this one if all of it was done.
      const whole = this.#outermost.find(this.#group);
      if (roster.state === "backoff") this.#group.hurry();
      else if (whole !== undefined) this.#outermost.replace(whole);
      return Promise.resolve();
    }
    if (roster.hasEnded(member)) {
      roster.replace(member);
      return Promise.resolve();
    }
    return roster
      .stopMember("restarted", member, () => roster.replace(member))
      .then(() => {
        if (roster.state !== "up") throw new WorkerNotRunningError(member.name, "restarted", "the runner was stopped meanwhile");
      });
  }

  /**
   * Stops it and forgets it.
   * @param onGone is called once it has stopped, however long that takes
   */
  remove(onGone: () => void): Promise<void> {
    const roster = this.#roster;
    const member = roster.find(this.#worker);
    const forget = (): void => {
      if (member !== undefined) roster.drop(member);
      onGone();
    };
    this.#tell("remove");
    if (member !== undefined && !roster.hasEnded(member)) return roster.stopMember("removed", member, forget);
    forget();
    return Promise.resolve();
  }

  /** @param states in which its roster may be for that; outside of a group none but the first */
  #check(wish: string, [first, ...others]: readonly RosterState[]): MonitorTask {
    const { label } = this.#worker;
    const { state } = this.#roster;
    if (this.#outermost.state !== "up") {
      const obstacle = this.#outermost.state === "stopping" ? "its roster is being stopped" : "its roster has ended";
      throw new WorkerNotRunningError(label, wish, obstacle);
    }
    if (state !== first && !others.includes(state)) {
      const obstacle = state === "ended" ? "its group is done for good" : "its group is being restarted";
      throw new WorkerNotRunningError(label, wish, obstacle);
    }
    return this.#member(wish);
  }

  #member(wish: string): MonitorTask {
    const member = this.#roster.find(this.#worker);
    if (member instanceof MonitorTask) return member;
    throw new WorkerNotRunningError(this.#worker.label, wish, "it does not run");
  }

  #refuseIfDone(wish: string): void {
    const roster = this.#roster;
    const isDone = roster.state === "up" ? roster.hasEnded(this.#member(wish)) : roster.isDone(this.#worker);
    if (!isDone) return;
    throw new WorkerNotRunningError(this.#worker.label, wish, "it is done for good; restart it to have it run again");
  }

  #tell(command: CommandEvent["command"]): void {
    if (channels.command.isObserved) channels.command.publish({ worker: this.#worker.label, command });
  }
}
