import { readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { Participant } from "../distributed/engine.js";
import { readProperty } from "../errors/read-value.js";
import { WorkerLogger } from "../runtime/worker-logger.js";
import type { WorkerRecord } from "./worker-record.js";

/** A deploy lasts so many times `lockDuration`; what differs for longer is reported. */
const deployTime = 4;

/** How often a difference must be seen. */
const leastSightings = 3;

/**
 * Detects workers of one name in two services that have the same namespace: each run would take place in one of the two. It
 * cannot be distinguished from a deploy that is under way, but lasts longer.
 */
export class Namesakes {
  readonly #namespace: string;
  readonly #lockDuration: number;
  /** By the name of the worker: when another origin was seen first and last, and how often. */
  readonly #seen = new Map<string, { readonly since: number; readonly last: number; readonly count: number }>();
  readonly #reported = new Set<string>();

  constructor(namespace: string, lockDuration: number) {
    this.#namespace = namespace;
    this.#lockDuration = lockDuration;
  }

  /** What a record stores of the replica that ran the worker. */
  originOf({ declared }: Participant): string {
    return `${service} ${declared}`;
  }

  /**
   * The record of a worker has been read.
   * @param now on the database's clock
   */
  check(participant: Participant, { origin, replica }: WorkerRecord, now: number): void {
    const { name, logger } = participant;
    if (origin === undefined || origin === this.originOf(participant) || this.#reported.has(name)) return;
    const longest = deployTime * this.#lockDuration;
    const before = this.#seen.get(name);
    // What was seen long ago was another deploy.
    const { since, count } = before === undefined || now - before.last > longest ? { since: now, count: 0 } : before;
    this.#seen.set(name, { since, last: now, count: count + 1 });
    if (count + 1 < leastSightings || now - since < longest) return;
    this.#reported.add(name);
    new WorkerLogger(logger, name).error(
      `also runs in ${replica} as another worker (${origin}; here ${this.originOf(participant)}): ` +
        `if that is another service, use another namespace than ${this.#namespace} for one of them`,
    );
  }
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
