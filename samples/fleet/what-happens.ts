import { wait } from "watchbill";
import type { Journal, Run } from "./journal.js";
import type { ReplicaProcess } from "./replica-process.js";

/** How long, in ms, one waits for what should take some seconds at most. */
const longestWait = 60_000;

interface Stage {
  readonly journal: Journal;
  readonly replicas: readonly ReplicaProcess[];
  readonly signal: AbortSignal;
}

/**
 * Kills the replica that watches for payments, later stops the one that has taken over, and waits until the third has. Rejects
 * with the signal's reason if that aborts meanwhile.
 */
export async function whatHappens({ journal, replicas, signal }: Stage): Promise<void> {
  /** Polls, because what it waits for happens in other processes. */
  async function until<Found>(what: string, find: () => Found | undefined): Promise<Found> {
    for (const deadline = Date.now() + longestWait; Date.now() < deadline; await wait("20ms", { signal })) {
      signal.throwIfAborted();
      const found = find();
      if (found !== undefined) return found;
    }
    throw new Error(`It has not happened within ${longestWait / 1_000} s that ${what}`);
  }

  async function end(watch: Run, how: "SIGKILL" | "SIGTERM"): Promise<Run> {
    journal.note(
      `replica ${watch.replica} has watchPayments, and is ${how === "SIGKILL" ? "killed (kill -9)" : "stopped (SIGTERM)"}`,
    );
    await replicas.find(({ number }) => number === watch.replica)?.end(how);
    const next = await until("another replica takes over", () => journal.watch);
    const { ended = next.begun } = journal.watches.findLast(({ replica }) => replica === watch.replica) ?? {};
    journal.note(`replica ${next.replica} has taken over watchPayments, ${((next.begun - ended) / 1_000).toFixed(2)} s later`);
    return next;
  }

  /** The time of that many whole seconds, and a bit: the run of a second is over by then, and its row printed. */
  async function pass(seconds: number): Promise<void> {
    const now = await until("the first second begins", () => journal.start && journal.secondOf(Date.now()));
    await until("a second passes", () => journal.secondOf(Date.now() - 300) >= now + seconds || undefined);
  }

  await pass(3);
  // While another has charged last, so that it is killed between two runs. What is cut short would be run again once its lock is
  // over.
  const first = await until("one replica watches, and another charges", () =>
    journal.charges.at(-1)?.replica === journal.watch?.replica ? undefined : journal.watch,
  );
  const second = await end(first, "SIGKILL");
  await pass(2);
  await end(second, "SIGTERM");
  await pass(2);
}
