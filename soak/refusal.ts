import {
  InvalidArgumentError,
  ShutdownTimeoutError,
  ThrownValueError,
  TimeoutError,
  UnknownWorkerError,
  WorkerNotRunningError,
} from "watchbill";
import type { Ledger } from "./ledger.js";
import { Mishap } from "./mishap.js";
import type { Order } from "./order.js";

/** What is wrong with the refusal of an order; nothing, if it is a known error that has a known cause. */
export function refusalFault(order: Order, error: unknown, ledger: Ledger): string | undefined {
  if (error instanceof ShutdownTimeoutError) return namingFault(order, error, ledger);
  return isJustified(order, error) ? undefined : `${order.shown} was refused for no reason: ${String(error)}`;
}

function isJustified({ verb, post, wasContested, isLatest }: Order, error: unknown): boolean {
  // Another order, or what happens around it.
  const isContested = wasContested || !isLatest || post.isSheltered || post.state !== "there";
  if (error instanceof UnknownWorkerError) return post.state !== "there";
  if (error instanceof WorkerNotRunningError) return isContested || post.isDone;
  if (verb !== "trigger") return false;
  if (error instanceof InvalidArgumentError) return post.isContinuous;
  if (error instanceof Mishap) return post.pages.includes(error.page);
  if (error instanceof TimeoutError) return post.limit !== undefined && post.pages.some(({ name }) => name === error.worker);
  if (error instanceof DOMException) return error.name === "AbortError" && isContested;
  return error instanceof ThrownValueError && typeof error.cause === "string";
}

/** Whoever is named as hung must run, and belong to whom the order was for. */
function namingFault(order: Order, { workers }: ShutdownTimeoutError, ledger: Ledger): string | undefined {
  const { post } = order;
  const isAboutStop = order.stops || post.isSheltered;
  const stranger = workers.find((name) => !`/${name}/`.includes(`/${post.name}/`) || !ledger.runsOf(name));
  if (isAboutStop && workers.length > 0 && stranger === undefined) return undefined;
  return `${order.shown} named ${workers.join(", ") || "nobody"} as hung, but ${stranger ?? "it"} was not`;
}
