import { expect } from "chai";
import fc from "fast-check";
import { type History, type Moment, realHistory, simulatedHistory, type WorkerHistory } from "./roster-history.fixture.js";
import { anyRoster, firstName, type Lateness, length, punctual, type RosterPlan, withWorkers } from "./roster-plan.fixture.js";

const numRuns = Math.ceil(Number(process.env.WATCHBILL_HISTORIES ?? 1_500) / 500);

/**
 * How long a simulated ms is in real time, in ms, in each attempt: longer and longer, if the machine was too busy. All times are
 * whole ms at each scale.
 */
const scales = [0.01, 0.01, 0.02, 0.02, 0.04, 0.04, 0.08, 0.08, 0.08];

/** By how much a step may be late, in simulated ms: by 15 ms of real time in the first attempt. */
const tolerance = 1_500;

/** The same roster must do the same if some of its steps are late, or it cannot be compared with real time. */
const latenesses: readonly Lateness[] = [
  punctual,
  { ...punctual, runs: tolerance, firstRuns: tolerance },
  { ...punctual, runs: 2 * tolerance },
  { ...punctual, firstRuns: 2 * tolerance },
  { ...punctual, timeouts: 2 * tolerance },
  { ...punctual, commands: 2 * tolerance },
  { ...punctual, commands: -2 * tolerance },
  { runs: 2 * tolerance, firstRuns: 2 * tolerance, timeouts: 2 * tolerance, commands: 2 * tolerance },
];

/** Events that are further apart, in simulated ms, are not the same one. */
const mostApart = 12_000;

/** Histories with fewer workers are left out. */
const leastWorkers = 5;

const lists = ["started", "ended", "missed", "events"] as const satisfies readonly (keyof WorkerHistory)[];

/** A roster, and what it does at each lateness: the same events, at slightly different times. */
interface Comparable {
  readonly plan: RosterPlan;
  readonly histories: readonly History[];
}

/** Leaves out the workers that would do something else if a step of theirs were late. */
async function comparable(plan: RosterPlan): Promise<Comparable> {
  const histories: History[] = [];
  for (const late of latenesses) histories.push(await simulatedHistory(plan, late));
  const [first, ...others] = histories;
  const sensitive = Object.keys(plan.workers).filter((name) => !others.every((other) => hasSameEvents(name, first, other)));
  const isEndSame = others.every(({ end }) => end.length === first?.end.length);
  if (isEndSame && sensitive.length === 0) return { plan, histories };
  // A worker that ends the service changes all others.
  const ending = isEndSame ? [] : [firstName];
  return comparable(withWorkers(plan, (name) => ![...sensitive, ...ending].includes(name)));
}

const before = (moments: readonly Moment[] = [], end = length): readonly Moment[] => moments.filter(({ at }) => at < end);

function hasSameEvents(name: string, first: History | undefined, other: History): boolean {
  return lists.every((list) => {
    const wanted = before(first?.workers.get(name)?.[list]);
    const found = other.workers.get(name)?.[list] ?? [];
    const isSame = ({ what, at }: Moment, index: number): boolean =>
      found[index]?.what === what && Math.abs(found[index].at - at) < mostApart;
    return wanted.every(isSame) && before(found).length <= wanted.length;
  });
}

/** The first event that is not as simulated; undefined if there is none. */
function differenceOf(real: History, { plan, histories }: Comparable): string | undefined {
  const compare = (what: string, momentsOf: (history: History) => readonly Moment[]): string | undefined => {
    const wanted = before(histories[0] && momentsOf(histories[0]));
    const found = momentsOf(real);
    for (const [index, { what: event }] of wanted.entries()) {
      const actual = found[index];
      const all = histories.map((history) => momentsOf(history)[index]);
      if (actual?.what !== event || !isAmong(actual, all, "at") || !isAmong(actual, all, "due"))
        return `${what} ${index} is ${show(actual)}, simulated is ${all.map(show).join(" or ")}`;
    }
    const next = found[wanted.length];
    return next === undefined || next.at >= length ? undefined : `${what} ${wanted.length} is ${show(next)}, simulated is none`;
  };
  for (const name of Object.keys(plan.workers))
    for (const list of lists) {
      const difference = compare(`${name}: ${list}`, ({ workers }) => workers.get(name)?.[list] ?? []);
      if (difference !== undefined) return difference;
    }
  return compare("end", ({ end }) => end);
}

/** Whether a time is between those of the simulations. */
function isAmong(actual: Moment, simulated: readonly (Moment | undefined)[], time: "at" | "due"): boolean {
  const value = actual[time];
  const times = simulated.map((moment) => moment?.[time] ?? Number.NaN);
  return value === undefined || (value >= Math.min(...times) - tolerance / 2 && value <= Math.max(...times) + tolerance);
}

function show(moment: Moment | undefined): string {
  if (moment === undefined) return "missing";
  const { what, at, due } = moment;
  return `"${what}" at ${at}${due === undefined ? "" : `, due at ${due}`}`;
}

/** Compares with real time, again and more slowly if timers were late. */
async function compareWithRealTime(plan: RosterPlan): Promise<void> {
  const expected = await comparable(plan);
  fc.pre(Object.keys(expected.plan.workers).length >= leastWorkers);
  let difference = "";
  for (const scale of scales) {
    const real = await realHistory(expected.plan, scale);
    const found = differenceOf(real, expected);
    if (found === undefined) return;
    if (real.latest <= (tolerance * scale) / 2) expect.fail(found);
    difference = found;
  }
  expect.fail(`the machine was too busy to compare with it, in ${scales.length} attempts; the last difference: ${difference}`);
}

describe("A simulation", function () {
  this.timeout(120_000 * numRuns);

  it("does what the same roster does in real time, in any history, event for event", () =>
    fc.assert(fc.asyncProperty(anyRoster, compareWithRealTime), { numRuns, endOnFailure: true }));
});
