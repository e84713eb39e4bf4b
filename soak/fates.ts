import { once } from "node:events";
import { DoNotRestart, type WorkerContext, wait } from "watchbill";
import type { Chance } from "./chance.js";
import { Mishap } from "./mishap.js";
import type { Page } from "./page.js";
import type { Weather } from "./weather.js";

/** All that code has in one run. */
export interface Shift {
  readonly context: WorkerContext;
  readonly page: Page;
  readonly chance: Chance;
  readonly weather: Weather;
}

/** What becomes of one run. */
export type Fate = (shift: Shift) => Promise<void> | void;

export const succeed: Fate = () => {};

/** Takes a moment, and does not look at its signal meanwhile. */
export const work: Fate = ({ chance }) => sleep(chance.int(0, 20));

/** Takes longer than most intervals. */
export const overrun: Fate = ({ chance }) => sleep(chance.int(200, 1_600));

/** At once or after a moment, and now and then with what is no error. */
export const fail: Fate = ({ page, chance }) => {
  const error = new Mishap(page);
  if (chance.oneIn(2)) throw error;
  const thrown = chance.oneIn(4) ? "no error, but thrown" : error;
  return sleep(chance.int(0, 20)).then(() => Promise.reject(thrown));
};

/** Does nothing until its signal aborts, be it for its timeout or to stop it. */
export const doze: Fate = async ({ context: { signal }, page, chance }) => {
  const isClean = !chance.oneIn(8);
  if (!signal.aborted) await once(signal, "abort");
  if (!isClean) throw new Mishap(page);
  signal.throwIfAborted();
};

/** Hangs, and heeds no signal. */
export const hang: Fate = ({ chance, weather }) => weather.hang(chance.int(300, 5_000));

/** Runs until it is stopped, with signs of life; now and then it is unwell, dies or returns. */
export const patrol: Fate = async ({ context: { signal, reportHealth }, page, chance, weather }) => {
  for (;;) {
    await wait(chance.int(50, 400), { signal });
    const isUnwell = chance.oneIn(20);
    const dies = chance.oneIn(40);
    const returns = chance.oneIn(80);
    page.beat();
    if (isUnwell) reportHealth(new Mishap(page));
    else reportHealth();
    if (dies && !weather.isCalm) throw new Mishap(page);
    if (returns && !weather.isCalm) return;
  }
};

/** The same, but that it never returns by itself. */
export const stand: Fate = async (shift) => {
  for (;;) await patrol(shift);
};

/** Comes to an end, after which it is done for good. */
export const errand: Fate = async ({ context: { signal }, chance }) => {
  const ending = chance.oneIn(4) ? new DoNotRestart("the errand is run") : undefined;
  await wait(chance.int(100, 2_000), { signal });
  if (ending !== undefined) throw ending;
};

/** Not the library's `wait`: what it is measured by is not to depend on it. */
function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
