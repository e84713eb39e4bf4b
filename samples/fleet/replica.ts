/*
 * One replica of the fleet. A real one would be a container with this as its main program: nothing in it knows of the others.
 *
 *     DATABASE_URL=postgres://… node --import tsx samples/fleet/replica.ts
 */
import { bootstrap, type Logger, observe } from "watchbill";
import { bullmq } from "watchbill/bullmq";
import { Billing } from "./billing.js";
import type { Report } from "./report.js";

const engine = bullmq({
  connection: process.env.DATABASE_URL ?? "",
  namespace: "billing",
  // As short as may be, so that there is something to see. The defaults, 30s and 5s, are for replicas that are seldom killed.
  lockDuration: "2s",
  stalledInterval: "500ms",
});
// That all is well is told by the table.
const logger: Logger = { debug() {}, info() {}, warn: console.error, error: console.error };

// An orchestrator stops its replicas by SIGTERM.
const runner = bootstrap([Billing], { engine, logger, signals: ["SIGTERM"], shutdownTimeout: "10s" });

// From here on it is the sample, which wants to know who runs what: `main.ts` is told, which has started this.
function tell(worker: string, stage: Report["stage"]): void {
  const report: Report = { worker, stage, at: Date.now() };
  // Whether it arrives is not for the replica to worry about.
  if (process.connected) process.send?.(report, () => {});
}

observe("watchbill:run", {
  start: ({ worker }) => tell(worker, "begun"),
  asyncEnd: ({ worker, outcome }) => tell(worker, outcome === "done" ? "done" : "cut short"),
});
// Ctrl-C is sent to all of us, but `main.ts` says when to stop. Should that be gone, there is nobody left to tell.
process.on("SIGINT", () => {});
process.once("disconnect", () => void runner.stop());

await runner.run();
if (process.connected) process.disconnect();
