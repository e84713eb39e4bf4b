import { fileURLToPath } from "node:url";
import { describeError, errorDetails, errorFrames, errorName } from "./read-error.js";
import { isError, readList, readProperty } from "./read-value.js";
import { cutText, showValue } from "./show-value.js";

/** How an error of this library is put into text, where its message alone would repeat what is printed below it. */
export interface ErrorParts {
  /** Its message, without the errors that it holds. */
  readonly headline: string;
  /** What else is to be known, a line each. */
  readonly lines?: readonly string[];
  /** The first of the errors that it holds, each under a label, `""` for none; and how many there are. */
  readonly errors?: readonly (readonly [label: string, error: unknown])[];
  readonly errorCount?: number;
}

const partsByError = new WeakMap<Error, ErrorParts>();
const framesByError = new WeakMap<Error, readonly string[]>();

/** Lets an error of this library, when it is printed, be put together from its parts. */
export function setErrorParts(error: Error, parts: ErrorParts): void {
  partsByError.set(error, parts);
}

/** How many of the errors that one error holds are printed, and how many causes of causes. */
export const mostErrors = 10;
const mostCauses = 10;
const mostCausesOfLine = 3;

/** The longest text of one error with all that it holds. */
const longestErrorText = 32_000;

/**
 * An error in full: name and message, the frames of its stack that are not the library's own, its causes, and the errors that it
 * holds. Each error is printed once. Of its own properties only the code, the status and the like: the rest may hold credentials.
 * Never throws, and is bounded.
 * @param isStackKnown whether the stack of an error is to be left out, because it has been printed before
 */
export function errorText(error: unknown, isStackKnown: (error: Error) => boolean = () => false): string {
  const text = new ErrorText(isStackKnown);
  text.add(error, "", "", 0);
  return text.toString();
}

class ErrorText {
  readonly #isStackKnown: (error: Error) => boolean;
  readonly #lines: string[] = [];
  readonly #printed = new Set<unknown>();
  readonly #stacks = new Set<string>();
  #length = 0;

  constructor(isStackKnown: (error: Error) => boolean) {
    this.#isStackKnown = isStackKnown;
  }

  toString(): string {
    return this.#lines.join("\n");
  }

  add(error: unknown, label: string, indent: string, depth: number): void {
    if (this.#length > longestErrorText) return;
    if (!isError(error)) this.#print(`${label}${showValue(error)}`, indent);
    else if (this.#printed.has(error)) this.#print(`${label}${cutText(describeError(error), 200)} (see above)`, indent);
    else this.#addError(error, label, indent, depth);
  }

  #addError(error: Error, label: string, indent: string, depth: number): void {
    this.#printed.add(error);
    const parts = partsByError.get(error);
    this.#print(`${label}${headlineOf(error, parts)}`, indent);
    if (!this.#isStackKnown(error)) this.#addFrames(framesOf(error), indent);
    for (const line of parts?.lines ?? []) this.#print(`  ${line}`, indent);
    const { errors, length } = heldErrors(error);
    this.#addHeld(errors, length, `${indent}  `, depth);
    this.#addCause(error, indent, depth);
  }

  /** Those that fail in the same place at the same time have one stack: that of the first. */
  #addFrames(frames: readonly string[], indent: string): void {
    const stack = frames.join();
    if (this.#stacks.has(stack)) return;
    this.#stacks.add(stack);
    for (const frame of frames) this.#print(`    ${frame}`, indent);
  }

  #addHeld(errors: ErrorParts["errors"] & object, length: number, indent: string, depth: number): void {
    if (length === 0) return;
    if (depth >= mostCauses) {
      this.#print(`(${countOf(length, "error")} left out)`, indent);
      return;
    }
    for (const [label, error] of errors) this.add(error, label, indent, depth + 1);
    if (length > errors.length) this.#print(`and ${formatCount(length - errors.length)} more`, indent);
  }

  #addCause(error: Error, indent: string, depth: number): void {
    const cause = readProperty(error, "cause");
    // What is not an error is in the message of ours, and the first of several errors is among them.
    if (cause === undefined || (partsByError.has(error) && (!isError(cause) || this.#printed.has(cause)))) return;
    if (heldErrors(error).errors.some(([, held]) => held === cause)) return;
    if (depth >= mostCauses) this.#print("(further causes left out)", indent);
    else this.add(cause, "caused by: ", indent, depth + 1);
  }

  #print(text: string, indent: string): void {
    const remaining = longestErrorText - this.#length;
    if (remaining < 0) return;
    const line = cutText(`${indent}${text.replaceAll("\n", `\n${indent}`)}`, Math.max(remaining, 200));
    this.#length += line.length + 1;
    this.#lines.push(line);
    if (this.#length > longestErrorText) this.#lines.push(`${indent}… (cut)`);
  }
}

/**
 * An error in one line, with its causes or the first of the errors that it holds: `"TypeError: fetch failed (Error: timed out)"`.
 */
export function errorLine(error: unknown): string {
  return cutText(lineOf(error, []));
}

/** @param outer the errors that this one is a cause of, or is held by */
function lineOf(error: unknown, outer: readonly unknown[]): string {
  if (!isError(error)) return showValue(error);
  if (partsByError.has(error) || outer.length === mostCausesOfLine) return describeError(error);
  const { errors, length } = heldErrors(error);
  const [first] = errors;
  const more = length > 1 ? ` and ${formatCount(length - 1)} more` : "";
  const cause = readProperty(error, "cause");
  const held = first === undefined ? cause : first[1];
  const chain = [...outer, error];
  const inner = held === undefined || chain.includes(held) ? "" : ` (${lineOf(held, chain)}${more})`;
  return `${headlineOf(error, undefined)}${inner}`;
}

/**
 * Says of which kind a failure is: two of the same kind have the same name, code and top frame, and messages that differ in
 * numbers and identifiers only. The same goes for their causes.
 */
export function errorKind(error: Error): string {
  const line = cutText(lineOf(error, []), 1_000).replaceAll(/[\w-]+/g, (word) => (/\d/.test(word) ? "#" : word));
  return `${line}\n${errorDetails(error).join()}\n${framesOf(error)[0] ?? ""}`;
}

/** The name and the message, with the code, the status and the like. */
function headlineOf(error: Error, parts: ErrorParts | undefined): string {
  const details = errorDetails(error);
  const named = parts === undefined ? describeError(error) : `${errorName(error)}: ${cutText(parts.headline)}`;
  return `${named.replace(/: $/, "")}${details.length > 0 ? ` (${details.join(", ")})` : ""}`;
}

/** The first of the errors that an error holds, as an `AggregateError` does, and how many it has. */
function heldErrors(error: Error): { errors: readonly (readonly [label: string, error: unknown])[]; length: number } {
  const { errors, errorCount = errors?.length ?? 0 } = partsByError.get(error) ?? {};
  if (errors !== undefined) return { errors, length: errorCount };
  const { items, length } = readList(error, "errors", mostErrors) ?? { items: [], length: 0 };
  return { errors: items.map((item) => ["", item]), length };
}

function framesOf(error: Error): readonly string[] {
  const known = framesByError.get(error);
  if (known !== undefined) return known;
  const frames = errorFrames(error).filter((frame) => !isOfLibrary(frame));
  // Of an error that the library made in a timer of its own.
  return frames.every((frame) => frame.includes("node:internal/")) ? [] : frames;
}

/** Through these, the library calls the user's code. */
const callers = ["AsyncResource.runInAsyncScope (node:async_hooks", "(node:diagnostics_channel:"];

function isOfLibrary(frame: string): boolean {
  return libraryFolders.some((folder) => frame.includes(folder)) || callers.some((caller) => frame.includes(caller));
}

/** Replaces the stack of an error by its whole text, for those who print nothing but the stack. Its frames are kept. */
export function replaceStack(error: Error): void {
  framesByError.set(error, framesOf(error));
  try {
    Object.defineProperty(error, "stack", { value: errorText(error), writable: true, configurable: true });
  } catch {
    // Something in `Error.prepareStackTrace` throws, so there is no stack anyway.
  }
}

/**
 * The folders of this library's own code, as URLs and as paths, both of what is published and of the sources that source maps
 * lead to. None if this file is part of a bundle, in which nothing tells the library's frames from others.
 */
const libraryFolders = foldersAround(import.meta.url);

function foldersAround(url: string): string[] {
  const [, root] = /^(file:.*\/)(?:lib|dist)\/errors\/error-text\.[jt]s(?:\?.*)?$/.exec(url) ?? [];
  if (root === undefined) return [];
  return ["lib/", "dist/"].flatMap((folder) => [new URL(folder, root).href, fileURLToPath(new URL(folder, root))]);
}

/** A number as in text: `"9,990"`. */
export function formatCount(count: number): string {
  return count.toLocaleString("en-US");
}

/** A number of things: `"1 worker"`, `"10,000 workers"`. */
export function countOf(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? "" : "s"}`;
}
