import { readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { Participant } from "../distributed/engine.js";
import { readProperty } from "../errors/read-value.js";
import { WorkerLogger } from "../runtime/worker-logger.js";
import type { WorkerRecord } from "./worker-record.js";

/**
 * What differs for so many times `lockDuration` is reported; in a service of the same name only after so many ms, as a deploy may
 * take that long.
 */
const reportAfter = { locks: 4, sameService: 15 * 60_000 };

/** How often the other must have run the worker. */
const leastRuns = 3;

/**
 * Detects workers of one name in two services that have the same namespace: each run would take place in one of the two. It
 * cannot be distinguished from a deploy that is under way, but lasts longer.
 */
export class Namesakes {
  readonly #namespace: string;
  readonly #lockDuration: number;
  /** By the name of the worker: when another origin was seen first and last, how often it has run it, and its last record. */
  readonly #seen = new Map<string, Sighting>();
  readonly #reported = new Set<string>();

  constructor(namespace: string, lockDuration: number) {
    this.#namespace = namespace;
    this.#lockDuration = lockDuration;
  }

  /** What a record stores of the replica that ran the worker. */
  originOf({ declared }: Pick<Participant, "declared">): string {
    return `${service} ${declared}`;
  }

  /**
   * The record of a worker has been read.
   * @param now on the database's clock
   */
  check(
    participant: Pick<Participant, "name" | "declared" | "logger">,
    { origin, replica, due, until }: WorkerRecord,
    now: number,
  ): void {
    const { name, logger } = participant;
    if (origin === undefined || origin === this.originOf(participant) || this.#reported.has(name)) return;
    const atLeast = reportAfter.locks * this.#lockDuration;
    const longest = origin.startsWith(`${service} `) ? Math.max(atLeast, reportAfter.sameService) : atLeast;
    // A replica that has ended has left its last record, which does not change.
    const record = `${replica} ${due} ${until}`;
    const before = this.#seen.get(name);
    if (before?.record === record) return;
    // What was seen long ago was another deploy.
    const { since, count } = before === undefined || now - before.last > longest ? { since: now, count: 0 } : before;
    this.#seen.set(name, { since, last: now, count: count + 1, record });
    if (count + 1 < leastRuns || now - since < longest) return;
    this.#reported.add(name);
    new WorkerLogger(logger, name).error(
      `also runs in ${replica} as another worker (${origin}; here ${this.originOf(participant)}): ` +
        `if that is another service, use another namespace than ${this.#namespace} for one of them`,
    );
  }
}

interface Sighting {
  readonly since: number;
  readonly last: number;
  readonly count: number;
  readonly record: string;
}

/** The file that Node was started with. */
const script = process.argv[1] ?? "";

/** The name of the package of this process, or else that file. A tool that was started runs the package of the folder. */
const service = packageNameAt(script.includes("node_modules") ? process.cwd() : dirname(script)) ?? basename(script);

function packageNameAt(path: string): string | undefined {
  for (let folder = path; folder !== dirname(folder); folder = dirname(folder)) {
    try {
      const parsed: unknown = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
      const name = readProperty(parsed, "name");
      if (typeof name === "string") return name;
    } catch {
      // The folder above may have one.
    }
  }
  return undefined;
}
