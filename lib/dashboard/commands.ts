import { setImmediate } from "node:timers/promises";
import {
  type CommandOptions,
  InvalidArgumentError,
  nameMatcher,
  RunnerBusyError,
  UnknownWorkerError,
  type WatchbillError,
  WorkerNotRunningError,
} from "../index.js";
import type { Command } from "./api.js";
import { json, problem } from "./responses.js";
import type { DirectoryEntry, WorkerDirectory } from "./worker-directory.js";

/** How many commands are sent before the event loop has its turn. */
const batch = 200;

/** The workers that a command is for: by their names, and by patterns in which `*` stands for anything. */
export interface Targets {
  readonly names: readonly string[];
  readonly patterns: readonly string[];
}

/** A worker that does not get a command, and why. */
interface Omission {
  readonly worker: string;
  readonly error: string;
}

/** Sends the commands of viewers to the runners that control the workers. */
export class Commands {
  readonly #directory: WorkerDirectory;
  /** Whether a worker serves the page itself. */
  readonly #isOwn: (entry: DirectoryEntry) => boolean;

  constructor(directory: WorkerDirectory, isOwn: (entry: DirectoryEntry) => boolean) {
    this.#directory = directory;
    this.#isOwn = isOwn;
  }

  /** Sends a command to one worker. Answers when it was accepted; how it ends is in the rows and in the log. */
  async one(command: Command, name: string, options: CommandOptions): Promise<Response> {
    const entry = this.#directory.get(name);
    if (entry === undefined) return unknownWorker(name, this.#directory.names);
    const refusal = await this.#send(command, entry, options);
    if (refusal === undefined) return json(202, { worker: name, command });
    if (refusal instanceof UnknownWorkerError) return unknownWorker(name, this.#directory.names);
    return problem(409, refusal.message);
  }

  /**
   * Sends a command to all workers that are named, or whose name matches a pattern. Left out is a nested runner if its workers
   * are among them: stopped, it would refuse what they are sent. So is what serves the page if it is not named in full.
   */
  async many(command: Command, targets: Targets, options: CommandOptions): Promise<Response> {
    const { names, patterns } = targets;
    if (names.length + patterns.length === 0)
      return problem(400, "There is no pattern: add ?match=<pattern>, such as ?match=github/*, or ?name=<name>");
    const matches = nameMatcher(patterns);
    const named = new Set([...names, ...patterns]);
    const found = this.#directory.names.filter((name) => named.has(name) || matches(name));
    const missing = names.filter((name) => this.#directory.get(name) === undefined);
    if (found.length === 0) {
      const [first = ""] = named;
      if (named.size === 1 && (names.length === 1 || !first.includes("*"))) return unknownWorker(first, this.#directory.names);
      return json(404, { error: `No worker has a name that matches ${[...named].join(" or ").slice(0, 200)}`, nearest: [] });
    }
    const workers: string[] = [];
    const leftOut: Omission[] = [];
    const refused: Omission[] = missing.map((name) => ({ worker: name, error: `There is no worker "${name}"` }));
    const runners = new Set(found.map((name) => this.#directory.get(name)?.runnerName));
    const sent = found.filter((name) => {
      const entry = this.#directory.get(name);
      // Restarted or paused with the others, the server of this page could not answer.
      const isOwn = entry !== undefined && command !== "resume" && !named.has(name) && this.#isOwn(entry);
      if (runners.has(name)) leftOut.push({ worker: name, error: `${name} is the runner of others that get the command` });
      else if (isOwn) leftOut.push({ worker: name, error: `${name} serves this page: send it the command under its name` });
      else return true;
      return false;
    });
    for (let index = 0; index < sent.length; index += batch) {
      const batchNames = sent.slice(index, index + batch);
      const refusals = await Promise.all(batchNames.map((name) => this.#send(command, this.#directory.get(name), options)));
      for (const [at, name] of batchNames.entries()) {
        const refusal = refusals[at];
        if (refusal === undefined) workers.push(name);
        else refused.push({ worker: name, error: refusal.message });
      }
    }
    return json(202, { command, workers, refused, leftOut });
  }

  /** Returns the error if the command was refused. */
  async #send(command: Command, entry: DirectoryEntry | undefined, options: CommandOptions): Promise<Error | undefined> {
    if (entry === undefined) return new InvalidArgumentError("The worker was removed meanwhile");
    if (command === "pause" && this.#isOwn(entry)) {
      return new InvalidArgumentError(`${entry.name} cannot be paused: it serves this page, which could not resume it`);
    }
    const { runner, innerName } = entry;
    let refusal: Error | undefined;
    const onError = (error: unknown): void => {
      if (isRefusal(error)) refusal = error;
    };
    try {
      if (command === "resume") runner.resume(innerName, options);
      else runner[command](innerName, options).catch(onError);
    } catch (error) {
      onError(error);
    }
    // A refused command rejects at once. What comes later is the outcome of one that was accepted.
    await setImmediate();
    return refusal;
  }
}

/** Any other error is of the run that a command has started. */
function isRefusal(error: unknown): error is WatchbillError {
  return (
    error instanceof WorkerNotRunningError ||
    error instanceof UnknownWorkerError ||
    error instanceof InvalidArgumentError ||
    error instanceof RunnerBusyError
  );
}

export function unknownWorker(name: string, names: readonly string[]): Response {
  const { message } = new UnknownWorkerError(name, names);
  const suggestion = message.lastIndexOf(": did you mean ");
  return json(404, { error: message, nearest: suggestion < 0 ? [] : namesIn(message.slice(suggestion), names) });
}

/** The names in a sentence, in their order: of two that overlap, the longer one. */
function namesIn(sentence: string, names: readonly string[]): string[] {
  const found: string[] = [];
  const longestFirst = names.filter((name) => name !== "" && sentence.includes(name)).sort((a, b) => b.length - a.length);
  let rest = sentence;
  for (const name of longestFirst) {
    if (!rest.includes(name)) continue;
    found.push(name);
    rest = rest.replace(name, "");
  }
  return found.sort((a, b) => sentence.indexOf(a) - sentence.indexOf(b)).slice(0, 3);
}
