import type { Journal, Run } from "./journal.js";

/** What it has come to, in three lines: of each worker how often it ran, and where. */
export function summary(journal: Journal): string {
  const { watches, refreshes } = journal;
  const done = journal.charges.filter(({ isDone }) => isDone);
  const seconds = new Set(done.map(({ begun }) => journal.secondOf(begun)));
  const length = Math.max(-1, ...seconds) + 1;
  const charging = `${done.length} runs in ${length} s, ${done.length - seconds.size} duplicates, ${length - seconds.size} gaps`;
  return `\
chargeAll      ${charging} (${byReplica(done)})
watchPayments  ${watching(watches)}
refreshRates   ${refreshes.length} runs, as each replica has its own (${byReplica(refreshes)})`;
}

function byReplica(runs: readonly Run[]): string {
  const counts = [1, 2, 3].map((number) => runs.filter(({ replica }) => replica === number).length);
  return counts.map((count, index) => `replica ${index + 1}: ${count}`).join(", ");
}

function watching(watches: readonly Run[]): string {
  let text = "";
  let overlap = 0;
  for (const [index, { replica, begun }] of watches.entries()) {
    const before = watches[index - 1];
    const pause = begun - (before?.ended ?? begun);
    overlap += Math.max(0, -pause);
    text += before === undefined ? `replica ${replica}` : `, ${(pause / 1_000).toFixed(2)} s later replica ${replica}`;
  }
  return `${text}; ${overlap === 0 ? "never two at once" : `two at once for ${overlap} ms`}`;
}
