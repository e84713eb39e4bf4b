import type { Row, Status } from "../dashboard/dashboard.js";
import { exitCodes } from "./exit-codes.js";
import { allWorkers, loadWorkers, type NamedWorker } from "./module-workers.js";
import { chosenRemote, findRemote, Remote, type RemoteOptions, tokenOf } from "./remote.js";
import { findSockets } from "./sockets.js";
import { formatTable, printable } from "./table.js";
import type { Terminal } from "./terminal.js";
import { type ListedWorker, listCells, listedWorker } from "./worker-rows.js";

export interface ListOptions extends RemoteOptions {
  readonly json?: boolean | undefined;
}

const header = ["WORKER", "SCHEDULE", "NEXT", "LEFT", "LAST", "TOOK", "RESULT"];

/** Lists the workers of a module, with what a process that runs them knows of them; without a module, those of a process. */
export async function list(module: string | undefined, options: ListOptions, terminal: Terminal): Promise<number> {
  const workers =
    module === undefined ? await runningWorkers(options, terminal) : await declaredWorkers(module, options, terminal);
  if (options.json === true) {
    terminal.printJson(workers);
    return exitCodes.ok;
  }
  const now = terminal.now();
  const [first = "", ...others] = formatTable(
    [header, ...workers.map((worker) => listCells(worker, now, terminal))],
    terminal.width,
  ).split("\n");
  terminal.print([terminal.style("bold", first), ...others].join("\n"));
  return exitCodes.ok;
}

async function runningWorkers(options: ListOptions, terminal: Terminal): Promise<ListedWorker[]> {
  const remote = await findRemote(options, terminal.env);
  const { workers } = await remote.status();
  return workers.map(listedWorker);
}

async function declaredWorkers(module: string, options: ListOptions, terminal: Terminal): Promise<ListedWorker[]> {
  const { runner, wasStarted } = await loadWorkers(module);
  if (wasStarted) terminal.complain(`${printable(module)} has started its workers when it was imported; they were stopped again`);
  const workers = allWorkers(runner);
  const rows = await rowsOf(workers, options, terminal);
  const now = terminal.now();
  return workers.map(({ name, worker, schedule }) => {
    const row = rows.get(name);
    if (row !== undefined) return listedWorker(row);
    return { name, schedule, nextDue: nextTime(worker, now), lastStart: null, lastDuration: null, result: null };
  });
}

/** Of a schedule. When a worker with an interval runs depends on when it is started. */
function nextTime({ repeat }: NamedWorker["worker"], now: number): number | null {
  return repeat?.schedule?.next(new Date(now))?.getTime() ?? null;
}

/** The rows of a process that runs these workers; none if there is no such process, or several and none was chosen. */
async function rowsOf(
  workers: readonly NamedWorker[],
  options: ListOptions,
  terminal: Terminal,
): Promise<ReadonlyMap<string, Row>> {
  const chosen = chosenRemote(options, terminal.env);
  const all = chosen === undefined ? await statusesAtSockets(options, terminal) : [await chosen.status()];
  const names = new Set(workers.map(({ name }) => name));
  const found = all.filter((status) => status.workers.some(({ name }) => names.has(name)));
  const [status] = found;
  if (found.length > 1) {
    const pids = found.map(({ process }) => process.pid).join(", ");
    terminal.complain(
      `${found.length} processes run these workers (${pids}): choose one with --socket to see how they are doing`,
    );
  }
  return new Map(found.length === 1 ? status?.workers.map((row) => [row.name, row]) : []);
}

/** A process that cannot be asked is left out, and named: what is declared is shown in any case. */
async function statusesAtSockets(options: ListOptions, terminal: Terminal): Promise<Status[]> {
  try {
    const sockets = await findSockets();
    const answers = await Promise.allSettled(
      sockets.map(({ path }) => Remote.atSocket(path, tokenOf(options, terminal.env)).status()),
    );
    for (const answer of answers) if (answer.status === "rejected") complainAbout(answer.reason, terminal);
    return answers.flatMap((answer) => (answer.status === "fulfilled" ? [answer.value] : []));
  } catch (error) {
    complainAbout(error, terminal);
    return [];
  }
}

function complainAbout(error: unknown, terminal: Terminal): void {
  terminal.complain(error instanceof Error ? error.message : String(error));
}
