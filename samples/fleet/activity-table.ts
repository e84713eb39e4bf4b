import { wait } from "watchbill";
import type { Journal, Run } from "./journal.js";
import type { ReplicaProcess } from "./replica-process.js";

/** How long, in ms, after a second its row is printed: what happened in its last moments has to arrive. */
const reportDelay = 200;

const legend = `\
charge   chargeAll, distributed: once a second, on one replica
watch    watchPayments, distributed: all the time, on one replica
refresh  refreshRates, not distributed: once a second, on each replica
`;

/** Prints who did what: a row a second, a column a replica. */
export class ActivityTable {
  readonly #journal: Journal;
  readonly #replicas: readonly ReplicaProcess[];
  #printedNotes = 0;

  constructor(journal: Journal, replicas: readonly ReplicaProcess[]) {
    this.#journal = journal;
    this.#replicas = replicas;
  }

  /** Prints row after row until the signal aborts. */
  async print(signal: AbortSignal): Promise<void> {
    const pause = (ms: number): Promise<void> => wait(ms, { signal }).catch(() => {});
    while (this.#journal.start === undefined && !signal.aborted) await pause(20);
    const { start = 0 } = this.#journal;
    if (signal.aborted) return;
    console.log(legend);
    printRow(
      "second",
      this.#replicas.map(({ number, pid }) => `replica ${number}, pid ${pid}`),
    );
    for (let second = 0; !signal.aborted; second++) {
      const end = start + (second + 1) * 1_000;
      // The last row has what there is of its second.
      await pause(Math.max(0, end + reportDelay - Date.now()));
      printRow(
        `${second}`,
        this.#replicas.map((replica) => this.#cell(second, replica, end)),
      );
      this.printNotes(second);
    }
  }

  /** Prints the notes up to a second that have not been printed yet; by default all. */
  printNotes(upTo = Infinity): void {
    for (const { second, text } of this.#journal.notes.slice(this.#printedNotes)) {
      if (second > upTo) return;
      console.log(`       │ ${text}`);
      this.#printedNotes++;
    }
  }

  #cell(second: number, { number, exitReason = "" }: ReplicaProcess, end: number): string {
    const { charges, watches, refreshes } = this.#journal;
    const isOwn = ({ replica }: Run): boolean => replica === number;
    const isOfNow = (run: Run): boolean => isOwn(run) && this.#journal.secondOf(run.begun) === second;
    const duties = [
      charges.filter(isOfNow).map(({ ended, isDone }) => (isDone || ended === Infinity ? "charge" : "(cut)"))[0] ?? "",
      watches.some((run) => isOwn(run) && run.begun < end && run.ended > end - 1_000) ? "watch" : "",
      refreshes.some(isOfNow) ? "refresh" : "",
    ];
    if (duties.every((duty) => duty === "")) return exitReason;
    const [charge = "", watch = "", refresh = ""] = duties;
    return `${charge.padEnd(6)} ${watch.padEnd(5)} ${refresh.padEnd(7)}`;
  }
}

function printRow(second: string, cells: readonly string[]): void {
  console.log(`${second.padStart(6)} │ ${cells.map((cell) => cell.padEnd(20)).join(" │ ")}`.trimEnd());
}
