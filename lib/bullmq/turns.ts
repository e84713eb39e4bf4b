import { DelayedError, type Job, WaitingError } from "bullmq";
import type { Release, Seat } from "../context/engine.js";
import { wait } from "../context/wait.js";
import { WorkerLogger } from "../context/worker-logger.js";
import { Alarm } from "./alarm.js";
import { BullLease, thisMoment } from "./bull-lease.js";
import type { OpenQueue } from "./open-queue.js";
import { isRefusal } from "./refusal.js";
import { showRow } from "./show-row.js";
import { readRecord, type TurnRecord } from "./turn-record.js";
import type { Wishes } from "./wishes.js";

/** How long, in ms, a job is left to others that cannot be run here: a part of how late it is already, so that it is soon had where it can be, and costs little where it cannot. */
const leftToOthers = { part: 0.25, least: 20, most: 60_000 };

/** How long, in ms, until it is tried again to hand a worker back. */
const handBackDelay = 200;

/** What turns are given from, and to whom. */
export interface TurnsRoom {
  readonly queue: () => OpenQueue | undefined;
  readonly seats: ReadonlyMap<string, Seat>;
  readonly wishes: Wishes;
  /** In ms. */
  readonly lockDuration: number;
  readonly onTrouble: (thrown: unknown) => void;
}

/** The turns that workers have in this process: from the job that BullMQ gives to the job that is given back. */
export class Turns {
  readonly #room: TurnsRoom;
  readonly #running = new Map<string, Promise<void>>();
  readonly #alarms = new Map<string, Alarm>();

  constructor(room: TurnsRoom) {
    this.#room = room;
  }

  /** Whether any worker has a turn here, whether or not it may be lost. */
  get isBusy(): boolean {
    return this.#running.size > 0;
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
  readonly process = async (job: Job, token: string): Promise<void> => {
    const seat = this.#room.seats.get(job.name);
    const record = readRecord(job.data);
    if (seat?.isOpen !== true || this.#room.wishes.isForOthers(job)) {
      await this.#leaveToOthers(job, token, record);
      return;
    }
    const turn = this.#take(seat, job, token, record);
    const over = turn.then(
      () => {},
      () => {},
    );
    this.#running.set(job.name, over);
    try {
      await turn;
    } finally {
      if (this.#running.get(job.name) === over) this.#running.delete(job.name);
    }
  };

  async #leaveToOthers(job: Job, token: string, record: TurnRecord): Promise<void> {
    const { part, least, most } = leftToOthers;
    const late = (Date.now() - record.due) * part;
    const until = Math.ceil(Date.now() + Math.min(Math.max(late, least), record.due === 0 ? least * 10 : most));
    try {
      await job.updateData({ ...record, until });
      await job.moveToDelayed(until, token);
    } catch (thrown) {
      this.#room.onTrouble(thrown);
    }
    // Also if that has failed: the lock expires then, and others have the job.
    throw new DelayedError();
  }

  async #take(seat: Seat, job: Job, token: string, record: TurnRecord): Promise<void> {
    const { id = "" } = job;
    const now = thisMoment();
    // BullMQ notes when it asked for the job.
    const asked = { ...now, wall: Math.min(job.processedOn ?? now.wall, now.wall) };
    const lease = new BullLease(seat.name, record, this.#room.lockDuration, asked);
    this.#room.wishes.delete(seat.name);
    this.#room.queue()?.lease(id, lease);
    const over = new AbortController();
    const shown = showRow({ seat, job, record, lease, onTrouble: this.#room.onTrouble }, over.signal);
    try {
      const release = await seat.take(lease);
      over.abort();
      await shown;
      await this.#handBack(seat, job, token, lease, release);
    } finally {
      lease.end();
      this.#room.queue()?.release(id);
    }
  }

  /** @throws what tells BullMQ that the job is not to be completed */
  async #handBack(seat: Seat, job: Job, token: string, lease: BullLease, release: Release): Promise<void> {
    while (!lease.signal.aborted) {
      try {
        await this.#give(job, token, release);
        return;
      } catch (thrown) {
        if (thrown instanceof DelayedError || thrown instanceof WaitingError) throw thrown;
        if (isRefusal(thrown)) lease.lose("its job is no longer locked for it");
        this.#room.onTrouble(thrown);
        await wait(handBackDelay, lease);
      }
    }
    const { reason: err }: { readonly reason: unknown } = lease.signal;
    new WorkerLogger(seat.logger, seat.name).error({ err }, "has lost its turn, and may be run again elsewhere");
    // The job is not ours any more.
    throw new DelayedError();
  }

  async #give(job: Job, token: string, { due: exact, memory, phase, status }: Release): Promise<void> {
    // Never early; and Postgres takes whole numbers alone.
    const due = exact === null ? null : Math.ceil(exact);
    const record: TurnRecord = { memory, phase, status, due: due ?? 0, until: due ?? 0, isDone: due === null };
    await this.#room.wishes.erase(job);
    await job.updateData(record);
    if (due === null) return;
    if (due > Date.now()) {
      await job.moveToDelayed(due, token);
      if (this.#room.queue()?.isCoarse === true) this.#ringAt(due, job);
      throw new DelayedError();
    }
    await job.moveToWait(token);
    throw new WaitingError();
  }

  /** Wakes the fleet in time: whoever had the job last, as the others may be late. */
  #ringAt(due: number, job: Job): void {
    this.#alarms.get(job.name)?.callOff();
    const ring = async (): Promise<void> => {
      this.#alarms.delete(job.name);
      try {
        await job.promote();
      } catch (thrown) {
        // Others were in time.
        if (!isRefusal(thrown)) this.#room.onTrouble(thrown);
      }
    };
    this.#alarms.set(job.name, new Alarm(due, () => void ring()));
  }
}
