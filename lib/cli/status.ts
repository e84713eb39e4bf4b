import type { Row, Status } from "../dashboard/dashboard.js";
import { UnknownWorkerError } from "../index.js";
import { exitCodes } from "./exit-codes.js";
import { findRemote, type RemoteOptions } from "./remote.js";
import { formatTable, printable } from "./table.js";
import type { Terminal } from "./terminal.js";
import { formatDuration } from "./times.js";
import { leftUntil, listedWorker, shownTime, styleOfResult } from "./worker-rows.js";

export interface StatusOptions extends RemoteOptions {
  readonly json?: boolean | undefined;
}

/** Shows how the workers of a running process are doing: all, or those whose names match a pattern. */
export async function status(patterns: readonly string[], options: StatusOptions, terminal: Terminal): Promise<number> {
  const remote = await findRemote(options, terminal.env);
  const found = await remote.status();
  const workers = matching(found.workers, patterns);
  if (options.json === true) {
    terminal.printJson({ process: found.process, state: found.state, now: found.now, workers });
    return exitCodes.ok;
  }
  terminal.print(processLine(found, terminal));
  if (workers.length > 0) terminal.print(statusTable(workers, found.now, terminal, terminal.width));
  return exitCodes.ok;
}

/** @throws UnknownWorkerError if a pattern matches no worker */
function matching(rows: readonly Row[], patterns: readonly string[]): readonly Row[] {
  if (patterns.length === 0) return rows;
  const tests = patterns.map((pattern) => {
    const segments = pattern.split("*").map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, "\\$&"));
    return { pattern, test: new RegExp(`^${segments.join(".*")}$`, "s") };
  });
  const names = rows.map(({ name }) => name);
  for (const { pattern, test } of tests) if (!names.some((name) => test.test(name))) throw new UnknownWorkerError(pattern, names);
  return rows.filter(({ name }) => tests.some(({ test }) => test.test(name)));
}

/** What is to be known of the process, in one line. */
export function processLine({ process, state, now, workers }: Status, terminal: Terminal): string {
  const count = (what: string, isOne: (row: Row) => boolean): string => {
    const { length } = workers.filter(isOne);
    return length === 0 ? "" : `, ${length} ${what}`;
  };
  const failing = count("failing", ({ health }) => health === "firing");
  const counts = `${workers.length} ${workers.length === 1 ? "worker" : "workers"}${failing === "" ? "" : terminal.style("red", failing)}`;
  const paused = count("paused", ({ phase }) => phase === "paused");
  const shown = terminal.style("bold", `${printable(process.host)} pid ${process.pid}`);
  return `${shown}: ${state}, up ${formatDuration(now - process.startedAt)}, ${counts}${paused}`;
}

const header = ["WORKER", "PHASE", "RUNS", "FAILED", "MISSED", "LAST", "LEFT", "RESULT"];

/** @param now of the process, in ms since the epoch */
export function statusTable(rows: readonly Row[], now: number, terminal: Terminal, width: number | undefined): string {
  const cells = rows.map((row) => {
    const { result } = listedWorker(row);
    return [
      printable(row.name),
      row.phase,
      String(row.runs),
      String(row.failures),
      String(row.missed),
      shownTime(row.lastStart),
      leftUntil(row.phase === "paused" ? null : row.nextDue, now),
      result === null ? "-" : terminal.style(styleOfResult(result), printable(result)),
    ];
  });
  const [first = "", ...others] = formatTable([header, ...cells], width).split("\n");
  return [terminal.style("bold", first), ...others].join("\n");
}
