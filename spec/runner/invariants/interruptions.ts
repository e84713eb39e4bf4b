import type { WatchbillEvents } from "watchbill";

export const observed = [
  ...(["watchbill:start", "watchbill:exit", "watchbill:health", "watchbill:restart", "watchbill:retry"] as const),
  ...(["watchbill:timeout", "watchbill:missed", "watchbill:stop", "watchbill:hung", "watchbill:command"] as const),
] satisfies (keyof WatchbillEvents)[];

/** Where code of the user is called in the middle of a change. */
export const sites = [...observed, "logger", "backoff", "retryIf", "schedule", "abort listener"] as const;
export type Site = (typeof sites)[number];

/** A command that is called from a site, the next time that the site is called. */
export interface Interruption {
  readonly site: Site;
  readonly command: string;
  readonly name: string;
}

const armed: Interruption[] = [];
let isInSpec = false;
let carryOut: (interruption: Interruption) => void = () => {};

/** From now on the interruptions that are armed are carried out so. Forgets those of before. */
export function onInterruption(handler: (interruption: Interruption) => void): void {
  armed.length = 0;
  carryOut = handler;
}

export function arm(interruption: Interruption): void {
  armed.push(interruption);
}

/** Runs code of the spec itself, which calls sites outside of the library: they do not interrupt. */
export function uninterrupted<Result>(code: () => Result): Result {
  isInSpec = true;
  try {
    return code();
  } finally {
    isInSpec = false;
  }
}

/** Called by every site. */
export function interrupt(site: Site): void {
  if (isInSpec) return;
  const index = armed.findIndex((each) => each.site === site);
  const [interruption] = index < 0 ? [] : armed.splice(index, 1);
  if (interruption !== undefined) carryOut(interruption);
}
