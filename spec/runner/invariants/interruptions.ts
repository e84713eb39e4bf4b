import { observe, type WatchbillEvents } from "watchbill";

const channels = [
  ...(["watchbill:start", "watchbill:exit", "watchbill:health", "watchbill:restart", "watchbill:retry"] as const),
  ...(["watchbill:timeout", "watchbill:missed", "watchbill:stop", "watchbill:hung", "watchbill:command"] as const),
] satisfies (keyof WatchbillEvents)[];

/** The stages of the tracing channel `watchbill:run`. */
const stages = ["run start", "run error", "run end"] as const;

/** Where code of the user is called in the middle of a change, and the stages of a run. */
export const sites = [...channels, ...stages, "logger", "backoff", "retryIf", "schedule", "abort listener"] as const;
export type Site = (typeof sites)[number];

/** A command that is called from a site, the next times that the site is called. */
export interface Interruption {
  readonly site: Site;
  readonly command: string;
  readonly name: string;
  /** How many times. */
  readonly times: number;
}

let armed: { readonly interruption: Interruption; left: number }[] = [];
let isInSpec = false;
let carryOut: (interruption: Interruption) => void = () => {};

/**
 * From now on the interruptions that are armed are carried out so. Forgets those of before.
 * @param isTraced whether runs are observed, which takes other code than a run that is not
 * @returns a function that ends the observation of all channels
 */
export function onInterruption(handler: (interruption: Interruption) => void, isTraced: boolean): () => void {
  armed = [];
  carryOut = handler;
  const callOffs = channels.map((channel) => observe(channel, () => interrupt(channel)));
  if (isTraced) {
    const [start, error, end] = stages.map((stage) => () => interrupt(stage));
    callOffs.push(observe("watchbill:run", { ...(start && { start }), ...(error && { error }), ...(end && { end }) }));
  }
  return () => {
    for (const callOff of callOffs) callOff();
    armed = [];
  };
}

export function isStage({ site }: Interruption): boolean {
  return stages.some((stage) => stage === site);
}

export function arm(interruption: Interruption): void {
  armed.push({ interruption, left: interruption.times });
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

/** Called by every site: carries out all interruptions that are armed there, in order. */
export function interrupt(site: Site): void {
  if (isInSpec) return;
  const due = armed.filter(({ interruption, left }) => interruption.site === site && left > 0);
  for (const each of due) each.left--;
  for (const { interruption } of due) carryOut(interruption);
}
