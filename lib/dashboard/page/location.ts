import { signal } from "@preact/signals-core";
import type { Zone } from "./words.js";

/** What the page shows, as it is in its URL, so that a view can be sent to a colleague. */
export interface View {
  /** The text of the filter. */
  q: string;
  /** A health or a phase; "" for all. */
  show: string;
  /** A runner, or undefined for all; and one of its groups. */
  runner: string | undefined;
  group: string | undefined;
  sort: SortKey;
  isReversed: boolean;
  zone: Zone;
  /** The worker whose details are open. */
  worker: string | undefined;
}

export const sortKeys = ["attention", "health", "name", "state", "last", "rate", "next"] as const;
export type SortKey = (typeof sortKeys)[number];

export const view = signal<View>(read());

/** Changes the view and the URL. Opening a worker is a step of the history, so that "back" closes it. */
export function setView(change: Partial<View>): void {
  const previous = view.peek();
  view.value = { ...previous, ...change };
  const url = `${location.pathname}${write(view.value)}`;
  if (change.worker !== undefined && previous.worker === undefined) history.pushState(null, "", url);
  else history.replaceState(null, "", url);
}

addEventListener("popstate", () => {
  view.value = read();
});

function read(): View {
  const query = new URLSearchParams(location.search);
  const sort = query.get("sort") ?? "";
  const zone = query.get("tz");
  return {
    q: query.get("q") ?? "",
    show: query.get("show") ?? "",
    runner: query.get("runner") ?? undefined,
    group: query.get("group") ?? undefined,
    sort: sortKeys.find((key) => sort === key || sort === `-${key}`) ?? "attention",
    isReversed: sort.startsWith("-"),
    zone: zone === "utc" || zone === "schedule" ? zone : "local",
    worker: query.get("worker") ?? undefined,
  };
}

function write({ q, show, runner, group, sort, isReversed, zone, worker }: View): string {
  const query = new URLSearchParams();
  if (q !== "") query.set("q", q);
  if (show !== "") query.set("show", show);
  if (runner !== undefined) query.set("runner", runner);
  if (group !== undefined) query.set("group", group);
  if (sort !== "attention" || isReversed) query.set("sort", `${isReversed ? "-" : ""}${sort}`);
  if (zone !== "local") query.set("tz", zone);
  if (worker !== undefined) query.set("worker", worker);
  const text = query.toString();
  return text === "" ? "" : `?${text}`;
}
