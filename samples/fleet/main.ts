/*
 * A fleet of three replicas, one of which is killed and one stopped, while you watch who does what:
 *
 *     npm run fleet
 *
 * It brings its own Postgres, from npm, and ends by itself after a quarter of a minute. The class is in `billing.ts`, and how a replica
 * runs it in `replica.ts`; everything else here only starts them, ends them, and looks on.
 */
import { ctrlC } from "../commit-fetcher/ctrl-c.js";
import { DutyTable } from "./duty-table.js";
import { Journal } from "./journal.js";
import { startPostgres } from "./postgres-server.js";
import { ReplicaProcess } from "./replica-process.js";
import { summary } from "./summary.js";
import { whatHappens } from "./what-happens.js";

async function main(signal: AbortSignal): Promise<void> {
  console.log("Starting Postgres and three replicas\n");
  const postgres = await startPostgres();
  const journal = new Journal();
  const replicas = [1, 2, 3].map((number) => new ReplicaProcess(number, postgres.url, journal));
  const table = new DutyTable(journal, replicas);
  const over = new AbortController();
  const printed = table.print(over.signal);
  try {
    await whatHappens({ journal, replicas, table, signal });
  } finally {
    over.abort();
    await printed;
    // In this order: whoever stops hands back what it has, for which it needs the database.
    await Promise.all(replicas.map((replica) => replica.end("SIGTERM")));
    await postgres.stop();
    if (journal.start !== undefined) console.log(`\n${summary(journal)}`);
  }
}

const unheard = new AbortController();
// Whoever reads our output may leave, as in `npm run fleet | head`.
process.stdout.on("error", () => unheard.abort());
const signal = AbortSignal.any([ctrlC(), unheard.signal]);

try {
  await main(signal);
} catch (error) {
  // Whatever is cut short by Ctrl-C has not failed.
  if (!signal.aborted) {
    console.error(error);
    process.exitCode = 1;
  }
}
