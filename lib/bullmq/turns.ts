import { DelayedError, type Job } from "bullmq";
import type { Checkpoint, Participant } from "../distributed/engine.js";
import { isInstanceOf } from "../errors/foreign-value.js";
import { WorkerLogger } from "../runtime/worker-logger.js";
import { Alarm } from "./alarm.js";
import { BullLease, thisMoment } from "./bull-lease.js";
import type { OpenQueue } from "./open-queue.js";
import { isRefusal } from "./refusal.js";
import { showRow } from "./show-row.js";
import { recordOf, type TurnRecord } from "./turn-record.js";
import type { Wishes } from "./wishes.js";
import { pause, settledBefore } from "./within.js";

/** How long, in ms, a job is left to others that cannot be run here: a part of how late it is already, so that it is soon had where it can be, and costs little where it cannot. */
const leftToOthers = { part: 0.25, least: 20, most: 60_000 };

/** How long, in ms, until it is tried again to hand a worker back. */
const handBackDelay = 200;

/** What turns are given from, and to whom. */
export interface TurnsRoom {
  readonly seats: ReadonlyMap<string, Participant>;
  readonly wishes: Wishes;
  /** In ms. */
  readonly lockDuration: number;
  readonly onTrouble: (thrown: unknown) => void;
  /** The queue that is open now, if there is one: a job may have been given by one that is closed meanwhile. */
  readonly openQueue: () => OpenQueue | undefined;
}

/** A job, and by whom it was given. */
interface GivenJob {
  readonly job: Job;
  readonly token: string;
  readonly queue: OpenQueue;
}

/** The turns that workers have in this process: from the job that BullMQ gives to the job that is given back. */
export class Turns {
  readonly #room: TurnsRoom;
  readonly #running = new Map<string, Promise<void>>();
  readonly #leases = new Map<string, BullLease>();
  readonly #alarms = new Map<string, Alarm>();

  constructor(room: TurnsRoom) {
    this.#room = room;
  }

  /** Whether any worker has a turn here, whether or not it may be lost. */
  get isBusy(): boolean {
    return this.#running.size > 0;
  }

  /** The database has forgotten the worker's job, and may give it to others. */
  lose(worker: string): void {
    this.#leases.get(worker)?.lose("the database has forgotten its job");
  }

  /** Resolves once a worker's turn is over and handed back; at once, if it has none. It is to have no further turn here. */
  async over(worker: string): Promise<void> {
    await this.#running.get(worker);
    this.#alarms.get(worker)?.callOff();
    this.#alarms.delete(worker);
  }

  /**
   * Does what BullMQ calls processing a job. It never ends with a job that has failed: what to do then has been decided by the
   * worker's own chain.
   */
  readonly process = async (job: Job, token: string, queue: OpenQueue): Promise<void> => {
    const seat = this.#room.seats.get(job.name);
    const record = recordOf(job);
    if (seat?.isOpen !== true || this.#room.wishes.isForOthers(job)) {
      await this.#leaveToOthers({ job, token, queue }, record);
      return;
    }
    const turn = this.#take(seat, { job, token, queue }, record);
    const over = turn.then(
      () => {},
      () => {},
    );
    this.#running.set(job.name, over);
    try {
      await turn;
    } catch (thrown) {
      if (isInstanceOf(thrown, DelayedError)) throw thrown;
      this.#room.onTrouble(thrown);
      // Anything else would fail the job, and overwrite what is written down of it. So its lock expires, and others have it.
      throw new DelayedError();
    } finally {
      if (this.#running.get(job.name) === over) this.#running.delete(job.name);
    }
  };

  async #leaveToOthers({ job, token, queue }: GivenJob, record: TurnRecord): Promise<void> {
    const { part, least, most } = leftToOthers;
    const now = Date.now();
    // Nobody may have had it yet.
    const due = record.due === 0 ? now : record.due;
    // Who takes no more will not be given it again.
    const soonest = queue.isPaused() ? 0 : least;
    const until = Math.ceil(now + Math.min(Math.max((now - due) * part, soonest), most));
    try {
      await queue.giveBack(job.id ?? "", token, until, { ...record, due, until });
    } catch (thrown) {
      this.#room.onTrouble(thrown);
    }
    // Also if that has failed: the lock expires then, and others have the job.
    throw new DelayedError();
  }

  async #take(seat: Participant, given: GivenJob, record: TurnRecord): Promise<void> {
    const { job, queue } = given;
    const { id = "" } = job;
    const now = thisMoment();
    // BullMQ notes when it asked for the job.
    const asked = { ...now, wall: Math.min(job.processedOn ?? now.wall, now.wall) };
    const lease = new BullLease(seat.name, record, this.#room.lockDuration, asked);
    lease.check();
    // It was given so late that others may have it already.
    if (lease.signal.aborted) throw new DelayedError();
    this.#room.wishes.delete(seat.name);
    queue.lease(id, lease);
    this.#leases.set(seat.name, lease);
    const over = new AbortController();
    const shown = showRow({ seat, job, lease, onTrouble: this.#room.onTrouble }, over.signal);
    try {
      const release = await seat.take(lease);
      over.abort();
      await shown;
      await this.#handBack(seat, given, lease, release);
    } finally {
      lease.end();
      queue.release(id, lease);
      if (this.#leases.get(seat.name) === lease) this.#leases.delete(seat.name);
    }
  }

  /** @throws what tells BullMQ that the job is not to be completed */
  async #handBack(seat: Participant, given: GivenJob, lease: BullLease, release: Checkpoint): Promise<void> {
    while (!lease.signal.aborted) {
      try {
        const giving = this.#give(given, release);
        // Over a connection that is cut there is no answer, and no error either. What comes of it later is refused, as the lock is over.
        if (await settledBefore(lease.signal, giving)) return await giving;
      } catch (thrown) {
        if (isInstanceOf(thrown, DelayedError)) throw thrown;
        if (isRefusal(thrown)) lease.lose("its job is no longer locked for it");
        this.#room.onTrouble(thrown);
        await pause(handBackDelay, lease.signal);
      }
    }
    const { reason: err }: { readonly reason: unknown } = lease.signal;
    new WorkerLogger(seat.logger, seat.name).error({ err }, "has lost its turn, and may be run again elsewhere");
    // The job is not ours any more.
    throw new DelayedError();
  }

  async #give({ job, token, queue: given }: GivenJob, { due: exact, memory, phase, status }: Checkpoint): Promise<void> {
    // One that is left where it is, is over within seconds.
    await this.#room.wishes.erase(job).catch(this.#room.onTrouble);
    const queue = this.#room.openQueue() ?? given;
    // To return completes it.
    if (exact === null) return;
    // Never early; and Postgres takes whole numbers alone.
    const due = Math.ceil(exact);
    const record: TurnRecord = { memory, phase, status, due, until: due };
    await queue.giveBack(job.id ?? "", token, due, record);
    if (queue.isCoarse && due > Date.now()) this.#ringAt(due, job, queue);
    throw new DelayedError();
  }

  /** Wakes the fleet in time: whoever had the job last, as the others may be late. */
  #ringAt(due: number, job: Job, queue: OpenQueue): void {
    this.#alarms.get(job.name)?.callOff();
    const ring = async (): Promise<void> => {
      this.#alarms.delete(job.name);
      try {
        const now = await queue.read(job.id ?? "");
        // It may have had another turn meanwhile.
        if (now !== undefined && recordOf(now).due === due) await now.promote();
      } catch (thrown) {
        // Others were in time.
        if (!isRefusal(thrown)) this.#room.onTrouble(thrown);
      }
    };
    this.#alarms.set(job.name, new Alarm(due, () => void ring()));
  }
}
