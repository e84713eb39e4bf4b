import { TimerQueue } from "../timers/timer-queue.js";

/**
 * How far the offset may be from what the clocks show, in ms: `Date.now()` leaves out the part of a ms, and so does the offset.
 */
const [least, most] = [-1.001, 2.001];

/** How often both clocks are read before the wall clock counts as set: the process may have been suspended between the two. */
const readings = 3;

let current: TimerQueue | undefined;
let offset = 0;

/**
 * Returns the wall clock minus the clock of a timer queue, in ms: what is added to a time of the queue to make it one since the
 * epoch. It stays the same until the wall clock is set: times that are an interval apart on one clock are so on the other. It is
 * a whole number, so that whole ms are whole on both. It is at most 2 ms too small, and never too large: what is due at a time of
 * the wall clock never runs before it.
 */
export function epochOffset(queue = TimerQueue.current()): number {
  if (queue === current && isWithin(measure(queue))) return offset;
  let measured = Number.NEGATIVE_INFINITY;
  // A pause between the two readings makes the difference too small.
  for (let reading = 0; reading < readings; reading++) measured = Math.max(measured, measure(queue));
  if (queue !== current || !isWithin(measured)) {
    current = queue;
    offset = Math.floor(measured);
  }
  return offset;
}

function measure(queue: TimerQueue): number {
  return Date.now() - queue.now();
}

function isWithin(measured: number): boolean {
  return measured - offset > least && measured - offset < most;
}

/** A time on the clock of the timer queue, in whole ms since the epoch. */
export function epochOf(time: number): number {
  return Math.round(time) + epochOffset();
}

/** A time in ms since the epoch, in whole ms on the clock of the timer queue. */
export function timeOf(epoch: number): number {
  return Math.round(epoch - epochOffset());
}
