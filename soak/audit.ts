import type { WorkerStatus } from "watchbill";
import type { Fleet } from "./fleet.js";
import type { Post } from "./post.js";
import type { Yard } from "./yard.js";

/**
 * After how long without a sign of life a worker is lost, and a removed one should be gone, in ms on the clock of the event loop. A
 * group may be held up by one that hangs, and by another right after that; the roll call, when nobody hangs, has less patience.
 */
const patience = 20_000;

/** Compares what a runner says with what the books have, at any moment: who is there, what they have run, and whether they live. */
export function audit(fleet: Fleet, yard: Yard): void {
  const { runner } = fleet;
  const rows = new Map(runner.status().map((row) => [row.name, row]));
  rows.delete("clerk");
  fleet.noteDepartures();
  for (const post of fleet.posts()) {
    const row = rows.get(post.name);
    rows.delete(post.name);
    auditPresence(post, row, yard);
    if (post.state !== "there" || row === undefined) continue;
    auditCounts(post, row, yard);
    if (fleet.isUp) auditLife(post, row, yard);
  }
  for (const name of rows.keys()) yard.faults.add("no lost worker", `${name} is there, but should not be`);
}

function auditPresence(post: Post, row: WorkerStatus | undefined, { clock, faults }: Yard): void {
  const isThere = row !== undefined;
  if (post.state === "there" && !isThere) faults.add("no lost worker", `${post.name} has vanished`);
  if (post.state === "gone" && isThere) faults.add("no lost worker", `${post.name} was removed, and is there again`);
  if (post.state !== "leaving" || post.isRunning || clock.now - Math.max(post.leftAt, post.seenAt) <= patience) return;
  faults.add("orders", `${post.name} was removed and has stopped, and is still there`);
}

function auditCounts({ name, pages, tally, limit }: Post, row: WorkerStatus, { faults }: Yard): void {
  const [page] = pages;
  if (tally === "none" || page === undefined) return;
  const { runs, failures, unsure, isOpen } = page;
  // One that is under way may be overdue already, which is for the library to say.
  const most = failures + unsure + (isOpen && limit !== undefined ? 1 : 0);
  const isRight =
    tally === "exact"
      ? row.runs === runs && row.failures >= failures && row.failures <= most
      : row.runs <= runs && row.failures <= failures;
  if (isRight) return;
  faults.add("counts", `${name}: ${row.runs} runs, ${row.failures} failures; it saw ${runs}, ${describe(failures, most)}`);
}

function describe(least: number, most: number): string {
  return least === most ? `${least}` : `${least} to ${most}`;
}

function auditLife(post: Post, row: WorkerStatus, { clock, faults }: Yard): void {
  if (post.isDone || (post.isToPause && row.phase === "paused")) return;
  const silence = clock.now - post.seenAt;
  if (silence <= patience) return;
  faults.add("no lost worker", `${post.name} is ${row.phase}, and has given no sign of life for ${Math.round(silence)} ms`);
}
