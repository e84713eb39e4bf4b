import { getEventListeners } from "node:events";
import { inspect } from "node:util";
import { ShutdownTimeoutError, ThrownValueError, TimeoutError, WorkersFailedError } from "watchbill";
import { audit } from "./audit.js";
import { type Fleet, shutdownTimeout } from "./fleet.js";
import { Mishap } from "./mishap.js";
import type { Page } from "./page.js";
import type { Yard } from "./yard.js";

/**
 * Stops all while some hang who will not stop: these and no others are named. Then they are let go, and nothing may run any longer.
 * Returns how many were named.
 * @param outcome the error of run(), or undefined
 */
export async function stopWhileSomeHang(
  fleets: readonly Fleet[],
  outcome: Promise<unknown>,
  stopper: AbortController,
  yard: Yard,
): Promise<number> {
  const { clock, faults, ledger, weather } = yard;
  weather.worsen();
  await clock.until(() => weather.hanging >= 5, 10_000);
  const toldAt = performance.now();
  stopper.abort();
  const error = await settled(outcome, yard);
  const unfinished = new Set([...ledger.open].map(({ name }) => name));
  const errors = [...leavesOf(error)];
  const named = new Set(errors.flatMap((each) => (each instanceof ShutdownTimeoutError ? each.workers : [])));
  const pages = pagesOf(fleets);
  for (const each of errors) {
    if (!mayFail(each, toldAt)) faults.add("shutdown", `run() ended with ${String(each)}`);
  }
  for (const name of unfinished) if (!named.has(name)) faults.add("shutdown", `${name} hangs, and was not named`);
  for (const name of named) {
    // It may have stopped between its own deadline and that of the last.
    const hung = unfinished.has(name) || (pages.get(name)?.ended.at ?? 0) >= toldAt + shutdownTimeout;
    if (!hung) faults.add("shutdown", `${name} was named as hung, and had stopped`);
  }
  lookForListeners(stopper.signal, yard);
  weather.calm();
  await nothingRuns(fleets, yard);
  return named.size;
}

/** Runs all once more, in calm weather, and has it stopped by hand, with a signal that never aborts: nobody fails. */
export async function runAgain([fleet, ...others]: readonly Fleet[], yard: Yard): Promise<void> {
  if (fleet === undefined) return;
  const { signal } = new AbortController();
  const running = fleet.runner.run({ signal });
  await yard.clock.pass(1_000);
  if (!fleet.isUp || others.some(({ isUp }) => !isUp)) yard.faults.add("second run", "not all were up after a second");
  const stopped = fleet.runner.stop();
  const outcomes = [await settled(running, yard), await settled(stopped, yard)];
  for (const outcome of outcomes) if (outcome !== undefined) yard.faults.add("second run", `it ended with ${inspect(outcome)}`);
  lookForListeners(signal, yard);
  await nothingRuns([fleet, ...others], yard);
}

/** On a signal that run() was given and is done with. */
function lookForListeners(signal: AbortSignal, { faults }: Yard): void {
  const { length } = getEventListeners(signal, "abort");
  if (length > 0) faults.add("listeners", `${length} on the signal that run() was given`);
}

const never = Symbol("never");

/** What it resolves to or rejects with, or {@link never}. */
async function settled(promise: Promise<unknown>, { clock }: Yard): Promise<unknown> {
  let outcome: unknown = never;
  const note = (value: unknown): void => {
    outcome = value;
  };
  promise.then(note, note);
  await clock.until(() => outcome !== never, 10_000);
  return outcome;
}

/** Waits until whatever hung has ended, and looks at the figures of all for the last time. */
async function nothingRuns(fleets: readonly Fleet[], yard: Yard): Promise<void> {
  const { clock, faults, ledger } = yard;
  await clock.until(() => ledger.open.size === 0, 5_000);
  for (const { name } of ledger.open) faults.add("runs end", `${name} has begun a run that does not end`);
  for (const fleet of fleets) {
    audit(fleet, yard);
    for (const { name, phase } of fleet.runner.status()) {
      if (phase !== "stopped") faults.add("shutdown", `${name} is ${phase} after all has stopped`);
    }
  }
}

/** The errors within, of those that hold others. */
function* leavesOf(error: unknown): Generator<unknown> {
  if (error instanceof WorkersFailedError) for (const each of error.errors) yield* leavesOf(each);
  else if (error !== undefined) yield error;
}

/** Whether a worker may have failed with that, once it was told to stop. */
function mayFail(error: unknown, toldAt: number): boolean {
  if (error instanceof Mishap) return error.page.ended.at >= toldAt;
  return error instanceof ShutdownTimeoutError || error instanceof ThrownValueError || error instanceof TimeoutError;
}

function pagesOf(fleets: readonly Fleet[]): Map<string, Page> {
  const pages = fleets.flatMap((fleet) => [fleet.clerk, ...[...fleet.posts()].flatMap((post) => post.pages)]);
  return new Map(pages.map((page) => [page.name, page]));
}
