import { InvalidArgumentError } from "../index.js";
import { KnownWorkers, ownersOf } from "./known-workers.js";

/** A worker, as a function for the option `label` sees it. */
export interface LabelledWorker {
  /** As in events: with the name of a nested runner in front. */
  readonly worker: string;
  /** The name of its source, such as a class; null if it is a source itself or not a worker of a runner. */
  readonly group: string | null;
}

/** What the attribute `worker` is: the name of the worker, the name of its group, or what a function makes of them. */
export type Label = "worker" | "group" | ((worker: LabelledWorker) => string);

/** Which series workers have in metrics. */
export interface LabelOptions {
  /** The value of the attribute `worker`. `"worker"` by default, which is the name of the worker. */
  readonly label?: Label | undefined;
  /** So many workers have series of their own; further ones are counted under their group, or under `"other"`. */
  readonly limit?: number | undefined;
}

export type CheckedLabelOptions = Required<{ [Option in keyof LabelOptions]: NonNullable<LabelOptions[Option]> }>;

/**
 * Checks options for metrics.
 * @param defaultLimit the limit if there is none
 * @throws InvalidArgumentError if one is malformed
 */
export function checkLabelOptions({ label = "worker", limit }: LabelOptions, defaultLimit: number): CheckedLabelOptions {
  if (label !== "worker" && label !== "group" && typeof label !== "function")
    throw new InvalidArgumentError(`label is ${show(label)}: use "worker", "group" or a function`);
  const checked = limit ?? defaultLimit;
  if (!Number.isInteger(checked) || checked < 1)
    throw new InvalidArgumentError(`limit is ${show(limit)}: use the number of workers that may have series of their own`);
  return { label, limit: checked };
}

/** @throws InvalidArgumentError if it is not an object, or there is another option */
export function checkOptionNames(what: string, options: unknown, names: readonly string[]): void {
  if (typeof options !== "object" || options === null)
    throw new InvalidArgumentError(`The options of ${what} are ${show(options)}: pass an object`);
  for (const key of Object.keys(options))
    if (!names.includes(key)) throw new InvalidArgumentError(`${what} has no option "${key}": use ${names.join(", ")}`);
}

function show(value: unknown): string {
  return typeof value === "string" ? `"${value}"` : String(value);
}

/** The names in events of the workers and groups that there are now. */
export interface PresentNames {
  readonly workers: ReadonlySet<string>;
  /** Also without the name of a nested runner in front, as they are labels. */
  readonly groups: ReadonlySet<string>;
  /** The workers of which something else may be a part. */
  readonly owners: ReadonlySet<string>;
}

const other = "other";

/** How many names may be kept for a worker that may have series of its own. */
const namesPerWorker = 10;

/**
 * The values of the attribute `worker`. There are never more than a limited number: up to the limit for workers, a quarter of it
 * for the groups of the further ones, and `"other"`.
 */
export class WorkerLabels {
  readonly #label: Label;
  readonly #limit: number;
  readonly #groupLimit: number;
  readonly #workers = new KnownWorkers();
  /** Saves the search for a label; cleared when it has become large. */
  readonly #byName = new Map<string, string>();
  /** The labels that are used, with the first name that had them. */
  readonly #own = new Map<string, string>();
  readonly #groups = new Map<string, string>();
  #hasWarned = false;
  #hasFailed = false;

  constructor({ label, limit }: CheckedLabelOptions) {
    this.#label = label;
    this.#limit = limit;
    this.#groupLimit = Math.ceil(limit / 4);
  }

  /** The label of a worker, or of something that runs within one, by its name in events. */
  of(name: string): string {
    const known = this.#byName.get(name);
    if (known !== undefined) return known;
    if (this.#byName.size >= this.#limit * namesPerWorker) this.#byName.clear();
    const label = this.#choose(name);
    this.#byName.set(name, label);
    return label;
  }

  #choose(name: string): string {
    const wanted = this.#wanted(name);
    if (hasRoom(this.#own, wanted, this.#limit)) return claim(this.#own, wanted, name);
    this.#warn();
    const group = this.#groupOf(name) ?? other;
    return hasRoom(this.#groups, group, this.#groupLimit) ? claim(this.#groups, group, name) : other;
  }

  #wanted(name: string): string {
    if (this.#label === "worker") return name;
    const group = this.#groupOf(name);
    if (this.#label === "group") return group ?? other;
    try {
      const label: unknown = this.#label({ worker: name, group });
      if (typeof label !== "string") throw new InvalidArgumentError(`it returned ${show(label)} instead of a string`);
      return label;
    } catch (error) {
      if (!this.#hasFailed)
        process.emitWarning(`The option label has failed for ${name}, which is counted as "${other}": ${String(error)}`, {
          type: "WatchbillWarning",
          code: "WATCHBILL_LABEL",
        });
      this.#hasFailed = true;
      return other;
    }
  }

  #groupOf(name: string): string | null {
    return this.#workers.findOwner(name)?.group?.name ?? null;
  }

  #warn(): void {
    if (this.#hasWarned) return;
    this.#hasWarned = true;
    process.emitWarning(
      `There are more than ${this.#limit} workers: further ones have no series of their own in the metrics, and are counted ` +
        'under their class. Raise "limit", or use label: "group"',
      { type: "WatchbillWarning", code: "WATCHBILL_LABELS" },
    );
  }

  /** Frees the labels that no worker or group, nor what runs within a worker, has any more, and returns them. */
  release({ workers, groups, owners }: PresentNames): string[] {
    const wanted = this.#label === "worker" ? workers : new Set(Array.from(workers, (name) => this.#wanted(name)));
    const isUsed = (label: string, name: string): boolean =>
      label === other || wanted.has(label) || groups.has(label) || ownersOf(name).some((owner) => owners.has(owner));
    const released: string[] = [];
    for (const labels of [this.#own, this.#groups]) {
      for (const [label, name] of labels) {
        if (isUsed(label, name)) continue;
        labels.delete(label);
        released.push(label);
      }
    }
    if (released.length > 0) this.#byName.clear();
    return released;
  }
}

function hasRoom(labels: ReadonlyMap<string, string>, label: string, limit: number): boolean {
  return labels.has(label) || labels.size < limit;
}

function claim(labels: Map<string, string>, label: string, name: string): string {
  if (!labels.has(label)) labels.set(label, name);
  return label;
}
