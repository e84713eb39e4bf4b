import { expect } from "chai";
import fc from "fast-check";
import sinon from "sinon";
import type { Timer } from "../../lib/timers/bucket.js";
import { TimerQueue } from "../../lib/timers/timer-queue.js";

/** What a timer does when it wakes: it is rescheduled `repeats` times, each after `period` ms, and cancels another timer. */
interface Behaviour {
  readonly repeats: number;
  readonly period: number;
  readonly cancels: number;
}

type Step = { schedule: number; delay: number } | { cancel: number } | { advance: number };

/** A timer that woke, and when. */
type WakeUp = readonly [id: number, at: number];

interface Queue {
  schedule(id: number, delay: number): void;
  cancel(id: number): void;
  advance(ms: number): void;
}

/** The simplest timer queue: a sorted list. */
class Model implements Queue {
  readonly woken: WakeUp[] = [];
  readonly #behaviours: readonly Behaviour[];
  readonly #left: number[];
  #waiting: { id: number; due: number; order: number }[] = [];
  #order = 0;
  #now: number;

  constructor(behaviours: readonly Behaviour[], now: number) {
    this.#behaviours = behaviours;
    this.#left = behaviours.map(({ repeats }) => repeats);
    this.#now = now;
  }

  schedule(id: number, delay: number): void {
    this.cancel(id);
    this.#waiting.push({ id, due: Math.ceil(this.#now + delay), order: this.#order++ });
    this.#waiting.sort((a, b) => a.due - b.due || a.order - b.order);
  }

  cancel(id: number): void {
    this.#waiting = this.#waiting.filter((waiting) => waiting.id !== id);
  }

  advance(ms: number): void {
    const end = this.#now + ms;
    for (let first = this.#waiting[0]; first !== undefined && first.due <= end; first = this.#waiting[0]) {
      this.#now = Math.max(this.#now, first.due);
      this.cancel(first.id);
      this.woken.push([first.id, this.#now]);
      this.#act(first.id);
    }
    this.#now = end;
  }

  #act(id: number): void {
    const { period = 0, cancels = 0 } = this.#behaviours[id] ?? {};
    const left = this.#left[id] ?? 0;
    this.#left[id] = left - 1;
    if (left > 0) this.schedule(id, period);
    if (left >= 0) this.cancel(cancels);
  }
}

/** The real timer queue, under a fake clock. */
class Subject implements Queue {
  readonly woken: WakeUp[] = [];
  readonly #clock: sinon.SinonFakeTimers;
  readonly #queue = new TimerQueue();
  readonly #timers: Timer[];

  constructor(behaviours: readonly Behaviour[], clock: sinon.SinonFakeTimers) {
    this.#clock = clock;
    this.#timers = behaviours.map((behaviour, id) => this.#timer(behaviour, id));
  }

  #timer({ repeats, period, cancels }: Behaviour, id: number): Timer {
    let left = repeats;
    return {
      bucket: undefined,
      slot: -1,
      wake: () => {
        this.woken.push([id, this.#clock.now]);
        if (left > 0) this.schedule(id, period);
        if (left >= 0) this.cancel(cancels);
        left--;
      },
    };
  }

  schedule(id: number, delay: number): void {
    const timer = this.#timers[id];
    if (timer !== undefined) this.#queue.schedule(timer, this.#queue.now() + delay);
  }

  cancel(id: number): void {
    const timer = this.#timers[id];
    if (timer !== undefined) this.#queue.cancel(timer);
  }

  advance(ms: number): void {
    this.#clock.tick(ms);
  }
}

const timers = 24;
const year = 365 * 86_400_000;

const id = fc.nat(timers - 1);
const near = fc.integer({ min: 0, max: 40 });
const fraction = fc.integer({ min: 1, max: 400 }).map((tenths) => tenths / 8);
const aroundOverflow = fc.integer({ min: 2 ** 31 - 5, max: 2 ** 31 + 5 });
const far = fc.integer({ min: 0, max: 3 * year });
const delay = fc.oneof({ weight: 6, arbitrary: near }, { weight: 2, arbitrary: fraction }, aroundOverflow, far);
const behaviour = fc.record({ repeats: fc.nat(3), period: fc.integer({ min: 1, max: 30 }), cancels: id });
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ schedule: id, delay }) },
  { weight: 2, arbitrary: fc.record({ cancel: id }) },
  { weight: 2, arbitrary: fc.record({ advance: fc.oneof({ weight: 8, arbitrary: fc.nat(30) }, aroundOverflow, far) }) },
);

function perform(step: Step, queue: Queue): void {
  if ("schedule" in step) queue.schedule(step.schedule, step.delay);
  else if ("cancel" in step) queue.cancel(step.cancel);
  else queue.advance(step.advance);
}

describe("TimerQueue, with random steps", () => {
  let clock: sinon.SinonFakeTimers;

  beforeEach(() => {
    clock = sinon.useFakeTimers({ toNotFake: ["nextTick", "queueMicrotask"] });
  });

  afterEach(() => clock.restore());

  it("wakes the same timers in the same order at the same ms as a sorted list, and leaves no Node timer armed", () => {
    fc.assert(
      fc.property(
        fc.array(behaviour, { minLength: timers, maxLength: timers }),
        fc.array(step, { maxLength: 150 }),
        (behaviours, steps) => {
          const subject = new Subject(behaviours, clock);
          const model = new Model(behaviours, clock.now);
          for (const each of [...steps, { advance: 4 * year }]) {
            perform(each, subject);
            perform(each, model);
            expect(subject.woken).to.deep.equal(model.woken);
          }
          expect(clock.countTimers()).to.equal(0);
        },
      ),
      { numRuns: 200 },
    );
  });
});
