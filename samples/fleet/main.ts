/*
 * A fleet of three replicas, one of which is killed and one stopped, while you watch who does what:
 *
 *     npm run fleet
 *
 * It brings its own Postgres, from npm, and ends by itself after a quarter of a minute. Ctrl-C, SIGTERM and SIGHUP end it
 * earlier: it stops the
 * replicas and Postgres, leaves nothing behind, and exits with 0.
 *
 * The class is in `billing.ts`, and how a replica runs it in `replica.ts`; everything else here only starts them, ends them, and
 * looks on.
 */
import { ActivityTable } from "./activity-table.js";
import { Journal } from "./journal.js";
import { startPostgres } from "./postgres-server.js";
import { ReplicaProcess } from "./replica-process.js";
import { stopSignal } from "./stop-signal.js";
import { summary } from "./summary.js";
import { whatHappens } from "./what-happens.js";

async function main(signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  console.log("Starting Postgres and three replicas\n");
  const postgres = await startPostgres({ signal });
  const journal = new Journal();
  const replicas = [1, 2, 3].map((number) => new ReplicaProcess(number, postgres.url, journal));
  const table = new ActivityTable(journal, replicas);
  const over = new AbortController();
  const printed = table.print(over.signal);
  try {
    await whatHappens({ journal, replicas, signal });
  } finally {
    over.abort();
    await printed;
    // In this order: a replica that stops hands back what it has, for which it needs the database.
    await Promise.all(replicas.map((replica) => replica.end("SIGTERM")));
    await postgres.stop();
    table.printNotes();
    if (journal.start !== undefined) console.log(`\n${summary(journal)}`);
  }
}

const signal = stopSignal();

try {
  await main(signal);
} catch (error) {
  // What was cut short by a signal has not failed.
  if (!signal.aborted) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
