import { type Engine, type Participant, type Phase, type Registration, Snapshot, type WorkerStatus } from "watchbill";
import { MemoryLease } from "./memory-lease.fixture.js";

/** What the fleet keeps of one worker between its turns. */
interface Entry {
  readonly name: string;
  /** As it would be stored. */
  memory: string;
  status: string | undefined;
  phase: Phase;
  /** On the fleet's clock. */
  due: number;
  isDone: boolean;
  lease: MemoryLease | undefined;
  /** Who has it, or has had it last. */
  holder: Replica | undefined;
  timer: NodeJS.Timeout | undefined;
  readonly wantedBy: Set<Replica>;
}

interface FleetOptions {
  /** The fleet's clock less the wall clock, in ms. */
  readonly skew?: number;
  /** How long, in ms, until what a dead replica had is given to others. */
  readonly lockTime?: number;
  /** How long before its time, in ms, a turn is given. */
  readonly early?: number;
  /** Whether it asks its members when they would have a turn, as they are declared. */
  readonly asksWhen?: boolean;
  /** Which of those that could have a turn gets it. By default each after the other. */
  readonly choose?: (open: readonly Replica[], last: Replica | undefined) => Replica | undefined;
  /** What one who leaves waits for. */
  readonly onLeave?: () => Promise<void> | undefined;
}

/** A fleet of several replicas in this process, with a record of each worker that outlives them all. */
export class MemoryFleet {
  readonly options: Required<FleetOptions>;
  readonly replicas: Replica[] = [];
  readonly #entries = new Map<string, Entry>();
  /** Gives no further turns: the clock of this fleet is gone. */
  isClosed = false;
  /** Who had which turn, and from when, on the wall clock. */
  readonly turns: { readonly worker: string; readonly replica: string; readonly at: number }[] = [];

  constructor(options: FleetOptions = {}) {
    const onLeave = (): undefined => undefined;
    this.options = { skew: 0, lockTime: 30_000, early: 0, asksWhen: true, choose: oneAfterTheOther, onLeave, ...options };
  }

  now(): number {
    return Date.now() + this.options.skew;
  }

  /** The engine of one more process. */
  replica(): Replica {
    const replica = new Replica(this, `replica-${this.replicas.length + 1}`);
    this.replicas.push(replica);
    return replica;
  }

  /** Of one worker. `due` is in ms since the epoch here. */
  record(worker: string) {
    const { memory, phase, due, isDone, holder, lease } = this.#entry(worker);
    const plain: unknown = JSON.parse(memory);
    return { memory: plain, phase, due: due - this.options.skew, isDone, holder: holder?.name, isHeld: lease !== undefined };
  }

  /** When a member would have its next turn, as it is declared there, in ms since the epoch. */
  dueBy(worker: string, replica: Replica): number | undefined {
    const due = replica.seats.get(worker)?.dueBy(memoryOf(this.#entry(worker)));
    return due === undefined ? undefined : due - this.options.skew;
  }

  /** Overwrites what was written down, with whatever it may be. */
  corrupt(worker: string, memory: unknown): void {
    this.#entry(worker).memory = JSON.stringify(memory);
  }

  /** Takes the right to run it away, and tells so; others have it a second later. */
  lose(worker: string): void {
    const entry = this.#entry(worker);
    entry.lease?.lose();
    this.#free(entry, 1_000);
  }

  /** Takes the right to run it away, and tells nobody: the process was frozen. */
  loseSilently(worker: string): void {
    const entry = this.#entry(worker);
    if (entry.lease !== undefined) entry.lease.isLost = true;
    this.#free(entry, 1_000);
  }

  /** A replica is gone without a word. */
  orphan(replica: Replica): void {
    for (const entry of this.#entries.values())
      if (entry.holder === replica && entry.lease !== undefined) this.#free(entry, this.options.lockTime);
  }

  #free(entry: Entry, after: number): void {
    const { lease } = entry;
    setTimeout(() => {
      if (entry.lease !== lease) return;
      entry.lease = undefined;
      this.#look(entry);
    }, after);
  }

  #entry(worker: string): Entry {
    const known = this.#entries.get(worker);
    if (known !== undefined) return known;
    const entry: Entry = {
      name: worker,
      memory: "{}",
      status: undefined,
      phase: "waiting",
      due: 0,
      isDone: false,
      lease: undefined,
      holder: undefined,
      timer: undefined,
      wantedBy: new Set(),
    };
    this.#entries.set(worker, entry);
    return entry;
  }

  joined(worker: string): void {
    const entry = this.#entry(worker);
    // Who is started anew starts what is done anew.
    if (entry.isDone) Object.assign(entry, { memory: "{}", status: undefined, due: 0, isDone: false });
    this.#lookSoon(entry);
  }

  left(worker: string, replica: Replica): void {
    const entry = this.#entry(worker);
    entry.wantedBy.delete(replica);
    this.#lookSoon(entry);
  }

  hurry(worker: string, replica: Replica): void {
    const entry = this.#entry(worker);
    entry.wantedBy.add(replica);
    this.#lookSoon(entry);
  }

  #lookSoon(entry: Entry): void {
    setImmediate(() => this.#look(entry));
  }

  /** Gives the next turn, if it is time and there is somebody to give it to. */
  #look(entry: Entry): void {
    clearTimeout(entry.timer);
    entry.timer = undefined;
    if (entry.lease !== undefined || entry.isDone || this.isClosed) return;
    const members = this.replicas.filter((replica) => !replica.isDead && replica.seats.has(entry.name));
    if (members.length === 0) return;
    const open = members.filter((replica) => replica.seats.get(entry.name)?.isOpen === true);
    const wanted = open.find((replica) => entry.wantedBy.has(replica));
    const due = this.#dueOf(entry, members);
    const left = due - this.options.early - this.now();
    const chosen = wanted ?? (left <= 0 ? this.options.choose(open, entry.holder) : undefined);
    if (chosen !== undefined) void this.#give(entry, chosen, due);
    else entry.timer = setTimeout(() => this.#look(entry), left > 0 ? Math.min(Math.ceil(left), 2 ** 31 - 1) : 100);
  }

  /** Sooner than it was said, if a deploy has shortened an interval. */
  #dueOf(entry: Entry, members: readonly Replica[]): number {
    if (entry.phase !== "waiting" || !this.options.asksWhen) return entry.due;
    const wishes = members.map((replica) => replica.seats.get(entry.name)?.dueBy(memoryOf(entry)) ?? entry.due);
    return Math.min(entry.due, ...wishes);
  }

  async #give(entry: Entry, replica: Replica, due: number): Promise<void> {
    const seat = replica.seats.get(entry.name);
    if (seat === undefined) return;
    const status: WorkerStatus | undefined = entry.status === undefined ? undefined : JSON.parse(entry.status);
    const lease = new MemoryLease(entry.name, memoryOf(entry), status, due, () => this.now());
    entry.lease = lease;
    entry.holder = replica;
    entry.wantedBy.delete(replica);
    this.turns.push({ worker: entry.name, replica: replica.name, at: Date.now() });
    this.#tellOthers(entry, replica);
    const release = await seat.take(lease);
    if (entry.lease !== lease || lease.isLost || replica.isDead) return;
    entry.lease = undefined;
    entry.memory = JSON.stringify(release.memory);
    entry.status = release.status === undefined ? undefined : JSON.stringify(release.status);
    entry.phase = release.phase;
    entry.due = release.due ?? 0;
    entry.isDone = release.due === null;
    this.#tellOthers(entry, replica);
    this.#lookSoon(entry);
  }

  #tellOthers(entry: Entry, replica: Replica): void {
    for (const other of this.replicas) {
      if (other === replica || other.isDead) continue;
      other.seats.get(entry.name)?.tell({
        phase: entry.lease === undefined ? entry.phase : "running",
        memory: memoryOf(entry),
        status: entry.status === undefined ? undefined : JSON.parse(entry.status),
        holder: { host: replica.name, pid: 1 },
        nextDue: entry.lease === undefined && !entry.isDone ? entry.due - this.options.skew : null,
        isDone: entry.isDone,
      });
    }
  }
}

const memoryOf = (entry: Entry) => Snapshot.from(JSON.parse(entry.memory));

function oneAfterTheOther(open: readonly Replica[], last: Replica | undefined): Replica | undefined {
  return open.find(({ name }) => last !== undefined && name > last.name) ?? open[0];
}

/** One process of the fleet, as its runner sees it. */
export class Replica implements Engine {
  readonly name: string;
  readonly seats = new Map<string, Participant>();
  /** Those that hang, and have been left behind. */
  readonly abandoned: string[] = [];
  isDead = false;
  readonly #fleet: MemoryFleet;

  constructor(fleet: MemoryFleet, name: string) {
    this.#fleet = fleet;
    this.name = name;
  }

  join(seat: Participant): Registration {
    this.seats.set(seat.name, seat);
    this.#fleet.joined(seat.name);
    const forget = (): void => {
      if (this.seats.get(seat.name) !== seat) return;
      this.seats.delete(seat.name);
      this.#fleet.left(seat.name, this);
    };
    return {
      hurry: () => this.#fleet.hurry(seat.name, this),
      leave: () => {
        forget();
        return this.#fleet.options.onLeave();
      },
      abandon: () => {
        this.abandoned.push(seat.name);
        forget();
      },
    };
  }

  /** Is not heard of again. What it runs is to end never. */
  kill(): void {
    this.isDead = true;
    this.#fleet.orphan(this);
  }
}
