import type { SimulatedRun, Timeline } from "./timeline.js";

/**
 * Returns a function that says until when a run was under way, in ms since the epoch: also for one that has not ended, which is
 * until its replica was killed, or the service or the simulated time ended.
 */
export function runEnds({ end, endedEarly, events }: Timeline): (run: SimulatedRun) => number {
  const kills = events.filter(({ event }) => event === "killed");
  const last = Math.min(endedEarly?.at ?? end, end);
  return (run) => {
    if (run.end !== null) return run.end;
    const kill = kills.find(({ at, detail }) => at >= run.start && detail === `replica ${run.replica}`);
    return Math.max(Math.min(kill?.at ?? last, last), run.start);
  };
}
