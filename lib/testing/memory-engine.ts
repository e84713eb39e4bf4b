import type { Engine, Participant, Pause, Phase, Registration, WorkerStatus } from "../index.js";
import { MemoryLease } from "./memory-lease.js";

/** What is stored of one worker between its leased runs. */
interface Entry {
  readonly name: string;
  /** As it would be stored: JSON. */
  snapshot: string;
  status: string | undefined;
  phase: Phase;
  /** On the engine's clock. */
  due: number;
  isCompleted: boolean;
  lease: MemoryLease | undefined;
  /** The replica that runs it, or ran it last. */
  holder: Replica | undefined;
  timer: NodeJS.Timeout | undefined;
  readonly requestedBy: Set<Replica>;
  pause: Pause | null;
  /** When it was restarted last, on the engine's clock; 0 if never. */
  restartedAt: number;
  /** Called once nothing of it runs. */
  onIdle: (() => void)[];
}

interface FleetOptions {
  /** The engine's clock minus the wall clock, in ms. */
  readonly skew?: number;
  /** How long, in ms, until the workers of a dead replica move to other replicas. */
  readonly lockTime?: number;
  /** How long before it is due, in ms, a worker is leased. */
  readonly early?: number;
  /** How often, in ms, it looks whether a replica can run a worker that is due, as after a pause. */
  readonly poll?: number;
  /** Whether it uses the `latestDue` of the participants. */
  readonly usesLatestDue?: boolean;
  /** Chooses one of the replicas that can run a worker. Takes turns by default. */
  readonly choose?: (open: readonly Replica[], last: Replica | undefined) => Replica | undefined;
  /** What `leave` returns. */
  readonly onLeave?: () => Promise<void> | undefined;
}

/** Several simulated replicas in this process, with a record of each worker that outlives them. */
export class MemoryFleet {
  readonly options: Required<FleetOptions>;
  readonly replicas: Replica[] = [];
  readonly #entries = new Map<string, Entry>();
  /** Stops leasing workers, as the fake clock is gone. */
  isClosed = false;
  /** All leased runs, and when each began, on the wall clock. */
  readonly leasedRuns: { readonly worker: string; readonly replica: string; readonly at: number }[] = [];

  constructor(options: FleetOptions = {}) {
    const onLeave = (): undefined => undefined;
    this.options = {
      skew: 0,
      lockTime: 30_000,
      early: 0,
      poll: 100,
      usesLatestDue: true,
      choose: nextInTurn,
      onLeave,
      ...options,
    };
  }

  now(): number {
    return Date.now() + this.options.skew;
  }

  /** Adds a replica and returns its engine. */
  replica(): Replica {
    const replica = new Replica(this, `replica-${this.replicas.length + 1}`);
    this.replicas.push(replica);
    return replica;
  }

  /** The record of one worker, with `due` in ms since the epoch. */
  record(worker: string) {
    const { phase, due, isCompleted, holder, lease } = this.#entry(worker);
    return {
      snapshot: snapshotOf(this.#entry(worker)),
      phase,
      due: due - this.options.skew,
      isCompleted,
      holder: holder?.name,
      isHeld: lease !== undefined,
    };
  }

  /** The `latestDue` of a worker on a replica, in ms since the epoch. */
  latestDue(worker: string, replica: Replica): number | undefined {
    const entry = this.#entry(worker);
    const stored = { due: entry.due, snapshot: snapshotOf(entry) };
    const latest = replica.participants.get(worker)?.latestDue(stored, this.now());
    return latest === undefined ? undefined : latest - this.options.skew;
  }

  /** Overwrites the snapshot of a worker with any JSON. */
  corrupt(worker: string, snapshot: unknown): void {
    this.#entry(worker).snapshot = JSON.stringify(snapshot);
  }

  /** Ends the lease of a worker, which aborts its signal; another replica can run it a second later. */
  lose(worker: string): void {
    const entry = this.#entry(worker);
    entry.lease?.lose();
    this.#free(entry, 1_000);
  }

  /** Ends the lease without an abort, as if the process was frozen. */
  loseSilently(worker: string): void {
    const entry = this.#entry(worker);
    if (entry.lease !== undefined) entry.lease.isLost = true;
    this.#free(entry, 1_000);
  }

  /** A replica has died: its leases expire. */
  orphan(replica: Replica): void {
    for (const entry of this.#entries.values())
      if (entry.holder === replica && entry.lease !== undefined) this.#free(entry, this.options.lockTime);
  }

  /** A replica is frozen, and cannot renew its leases: those that it has still then expire, which it notices when it goes on. */
  suspend(replica: Replica): void {
    for (const entry of this.#entries.values()) {
      const { holder, lease } = entry;
      if (holder !== replica || lease === undefined) continue;
      setTimeout(() => {
        if (!replica.isFrozen || entry.lease !== lease) return;
        lease.isLost = true;
        entry.lease = undefined;
        this.#schedule(entry);
      }, this.options.lockTime);
    }
  }

  /** A replica goes on: its signals of lost leases abort. */
  resume(replica: Replica): void {
    for (const lease of replica.leases) lease.check();
    for (const entry of this.#entries.values()) {
      this.#passCommands(entry, replica);
      this.#scheduleSoon(entry);
    }
  }

  #free(entry: Entry, after: number): void {
    const { lease } = entry;
    setTimeout(() => {
      if (entry.lease !== lease) return;
      entry.lease = undefined;
      this.#schedule(entry);
    }, after);
  }

  #entry(worker: string): Entry {
    const known = this.#entries.get(worker);
    if (known !== undefined) return known;
    const entry: Entry = {
      name: worker,
      snapshot: "{}",
      status: undefined,
      phase: "waiting",
      due: 0,
      isCompleted: false,
      lease: undefined,
      holder: undefined,
      timer: undefined,
      requestedBy: new Set(),
      pause: null,
      restartedAt: 0,
      onIdle: [],
    };
    this.#entries.set(worker, entry);
    return entry;
  }

  joined(worker: string, replica: Replica): void {
    const entry = this.#entry(worker);
    setImmediate(() => this.#passCommands(entry, replica));
    // A worker that has completed starts again on a new replica.
    if (entry.isCompleted) Object.assign(entry, { snapshot: "{}", status: undefined, due: 0, isCompleted: false });
    this.#scheduleSoon(entry);
  }

  left(worker: string, replica: Replica): void {
    const entry = this.#entry(worker);
    entry.requestedBy.delete(replica);
    this.#scheduleSoon(entry);
  }

  requestRun(worker: string, replica: Replica): void {
    const entry = this.#entry(worker);
    entry.requestedBy.add(replica);
    this.#scheduleSoon(entry);
  }

  setPause(worker: string, pause: Pause | null): void {
    const entry = this.#entry(worker);
    entry.pause = pause;
    this.#passCommandsSoon(entry);
  }

  requestRestart(worker: string): void {
    const entry = this.#entry(worker);
    entry.restartedAt = this.now();
    this.#passCommandsSoon(entry);
  }

  /** Resolves once nothing of a paused worker runs on any replica. */
  whenIdle(worker: string): Promise<void> {
    const entry = this.#entry(worker);
    return new Promise((resolve) => {
      entry.onIdle.push(resolve);
      this.#passCommandsSoon(entry);
    });
  }

  #passCommandsSoon(entry: Entry): void {
    setImmediate(() => {
      for (const replica of this.replicas) this.#passCommands(entry, replica);
      this.#schedule(entry);
    });
  }

  #passCommands(entry: Entry, replica: Replica): void {
    if (replica.isDead || replica.isFrozen || this.isClosed) return;
    replica.participants.get(entry.name)?.adoptPause(entry.pause);
    replica.participants.get(entry.name)?.adoptRestart(entry.restartedAt);
  }

  #scheduleSoon(entry: Entry): void {
    setImmediate(() => this.#schedule(entry));
  }

  /** Leases the worker if it is due and a replica can run it. */
  #schedule(entry: Entry): void {
    clearTimeout(entry.timer);
    entry.timer = undefined;
    if (entry.lease === undefined) for (const onIdle of entry.onIdle.splice(0)) onIdle();
    if (entry.lease !== undefined || entry.isCompleted || this.isClosed) return;
    const replicas = this.replicas.filter((replica) => !replica.isDead && replica.participants.has(entry.name));
    if (replicas.length === 0) return;
    const open = replicas.filter((replica) => !replica.isFrozen && replica.participants.get(entry.name)?.isOpen === true);
    const requester = open.find((replica) => entry.requestedBy.has(replica));
    const due = this.#dueOf(entry, replicas);
    const left = due - this.options.early - this.now();
    const chosen = requester ?? (left <= 0 ? this.options.choose(open, entry.holder) : undefined);
    if (chosen !== undefined) void this.#lease(entry, chosen, due);
    else
      entry.timer = setTimeout(
        () => this.#schedule(entry),
        left > 0 ? Math.min(Math.ceil(left), 2 ** 31 - 1) : this.options.poll,
      );
  }

  /** Earlier than stored, if a deploy has shortened an interval. */
  #dueOf(entry: Entry, replicas: readonly Replica[]): number {
    if (!this.options.usesLatestDue) return entry.due;
    const stored = { due: entry.due, snapshot: snapshotOf(entry) };
    const latest = replicas.map(({ participants }) => participants.get(entry.name)?.latestDue(stored, this.now()) ?? entry.due);
    return Math.min(entry.due, ...latest);
  }

  async #lease(entry: Entry, replica: Replica, due: number): Promise<void> {
    const participant = replica.participants.get(entry.name);
    if (participant === undefined) return;
    const status: WorkerStatus | undefined = entry.status === undefined ? undefined : JSON.parse(entry.status);
    const lease = new MemoryLease(entry.name, snapshotOf(entry), status, due, () => this.now());
    entry.lease = lease;
    entry.holder = replica;
    replica.leases.add(lease);
    entry.requestedBy.delete(replica);
    this.leasedRuns.push({ worker: entry.name, replica: replica.name, at: Date.now() });
    this.#updateOthers(entry, replica);
    const checkpoint = await participant.run(lease);
    replica.leases.delete(lease);
    if (entry.lease !== lease || lease.isLost || replica.isDead) return;
    entry.lease = undefined;
    entry.snapshot = JSON.stringify(checkpoint.snapshot);
    entry.status = checkpoint.status === undefined ? undefined : JSON.stringify(checkpoint.status);
    entry.phase = checkpoint.phase;
    entry.due = checkpoint.due ?? 0;
    entry.isCompleted = checkpoint.due === null;
    this.#updateOthers(entry, replica);
    this.#scheduleSoon(entry);
  }

  #updateOthers(entry: Entry, replica: Replica): void {
    for (const other of this.replicas) {
      if (other === replica || other.isDead) continue;
      other.participants.get(entry.name)?.update({
        phase: entry.lease === undefined ? entry.phase : "running",
        snapshot: snapshotOf(entry),
        status: entry.status === undefined ? undefined : JSON.parse(entry.status),
        holder: { host: replica.name, pid: 1 },
        nextDue: entry.lease === undefined && !entry.isCompleted ? entry.due - this.options.skew : null,
        isCompleted: entry.isCompleted,
      });
    }
  }
}

function snapshotOf(entry: Entry): unknown {
  return JSON.parse(entry.snapshot);
}

function nextInTurn(open: readonly Replica[], last: Replica | undefined): Replica | undefined {
  return open.find(({ name }) => last !== undefined && name > last.name) ?? open[0];
}

/** The engine of one replica. */
export class Replica implements Engine {
  readonly name: string;
  readonly participants = new Map<string, Participant>();
  /** The workers that hung and were released. */
  readonly released: string[] = [];
  /** Of the leased runs that are under way. */
  readonly leases = new Set<MemoryLease>();
  isDead = false;
  isFrozen = false;
  readonly #fleet: MemoryFleet;

  constructor(fleet: MemoryFleet, name: string) {
    this.#fleet = fleet;
    this.name = name;
  }

  join(participant: Participant): Registration {
    this.participants.set(participant.name, participant);
    this.#fleet.joined(participant.name, this);
    const remove = (): void => {
      if (this.participants.get(participant.name) !== participant) return;
      this.participants.delete(participant.name);
      this.#fleet.left(participant.name, this);
    };
    return {
      requestRun: () => this.#fleet.requestRun(participant.name, this),
      setPause: (pause) => this.#fleet.setPause(participant.name, pause),
      requestRestart: () => this.#fleet.requestRestart(participant.name),
      whenIdle: () => this.#fleet.whenIdle(participant.name),
      leave: () => {
        remove();
        return this.#fleet.options.onLeave();
      },
      release: () => {
        this.released.push(participant.name);
        remove();
      },
    };
  }

  /** The replica dies. What runs on it must never settle. */
  kill(): void {
    this.isDead = true;
    this.#fleet.orphan(this);
  }

  /** The replica is frozen: it gets no leases, and those that it has are lost after a while. */
  freeze(): void {
    this.isFrozen = true;
    this.#fleet.suspend(this);
  }

  thaw(): void {
    this.isFrozen = false;
    this.#fleet.resume(this);
  }
}
