/*
 * One replica of the fleet. A real one would be a container with this as its main program: nothing in it knows of the others.
 *
 *     DATABASE_URL=postgres://… node --import tsx samples/fleet/replica.ts
 */
import { bootstrap, type Logger, observe } from "watchbill";
import { bullmq } from "watchbill/bullmq";
import { Billing } from "./billing.js";
import type { Complaint, Report } from "./report.js";

const engine = bullmq({
  connection: process.env.DATABASE_URL ?? "",
  namespace: "billing",
  // As short as may be, so that there is something to see. The defaults, 30s and 5s, are for replicas that are seldom killed.
  lockDuration: "2s",
  stalledInterval: "500ms",
});
// The table shows that all is well; what is not stands between its rows.
const logger: Logger = { debug() {}, info() {}, warn: complain, error: complain };

// An orchestrator stops its replicas by SIGTERM.
const runner = bootstrap([Billing], { engine, logger, signals: ["SIGTERM"], shutdownTimeout: "10s" });

// From here on it is the sample: `main.ts`, which has started this, shows who runs what.
function send(message: Report | Complaint): void {
  // Whether it arrives is not for the replica to worry about.
  if (process.connected) process.send?.(message, () => {});
}

function complain(details: object | string, message = ""): void {
  const { worker = "", err }: { worker?: unknown; err?: unknown } = typeof details === "string" ? { worker: details } : details;
  const cause = err instanceof Error ? `: ${err.message}` : "";
  const [line = ""] = `${String(worker)} ${message}${cause}`.trim().split("\n");
  send({ complaint: line });
}

function report(worker: string, stage: Report["stage"]): void {
  send({ worker, stage, at: Date.now() });
}

observe("watchbill:run", {
  start: ({ worker }) => report(worker, "begun"),
  asyncEnd: ({ worker, outcome }) => report(worker, outcome === "done" ? "done" : "cut short"),
});
// Without `main.ts` there is no database either, and so nothing to hand back.
const leave = (): void => process.exit(1);
process.once("disconnect", leave);

try {
  await runner.run();
} catch (error) {
  complain({ err: error }, "has failed");
  process.exitCode = 1;
}
process.off("disconnect", leave);
if (process.connected) process.disconnect();
