import { countedOf } from "./figures.js";
import { printable } from "./printable.js";
import type { SimulatedEvent, Timeline } from "./timeline.js";

/** What was done to the service from outside: an outage, a command, a replica that died or was replaced. */
export interface Incident {
  readonly kind: "outage" | "command" | "killed" | "deployed";
  /** In ms since the epoch. */
  readonly from: number;
  /** The same as `from` if it does not last. */
  readonly to: number;
  /** What happened, to whom; printable. */
  readonly label: string;
  /** The names of the workers that it concerns; none if it concerns a replica. */
  readonly workers: ReadonlySet<string>;
}

/** The incidents in the order of time. What happens to several workers at once is one. */
export function incidentsOf(timeline: Timeline): Incident[] {
  const incidents: Incident[] = [];
  for (const [, outages] of groupBy(timeline.outages, ({ from, to }) => `${from} ${to}`)) {
    const [{ from, to } = { from: 0, to: 0 }] = outages;
    const workers = new Set(outages.map(({ worker }) => worker));
    const label = `outage: ${nameTogether(workers, timeline)}`;
    incidents.push({ kind: "outage", from: Math.max(from, timeline.start), to: Math.min(to, timeline.end), label, workers });
  }
  const commands = timeline.events.filter(({ event }) => event === "command");
  for (const [, events] of groupBy(commands, ({ at, detail }) => `${at} ${detail}`)) {
    const [{ at, detail } = { at: 0, detail: "" }] = events;
    const workers = new Set(events.map(({ worker }) => worker));
    const [command = "", ...reason] = detail.split(": ");
    const because = reason.length === 0 ? "" : ` (${reason.join(": ")})`;
    const label = printable(`${command} ${nameTogether(workers, timeline)}${because}`);
    incidents.push({ kind: "command", from: at, to: at, label, workers });
  }
  for (const event of timeline.events) if (isOfReplica(event)) incidents.push(ofReplica(event));
  return incidents.sort((a, b) => a.from - b.from || a.to - b.to);
}

function isOfReplica({ event }: SimulatedEvent): boolean {
  return event === "killed" || event === "deployed";
}

function ofReplica({ at, event, detail }: SimulatedEvent): Incident {
  const kind = event === "killed" ? "killed" : "deployed";
  return { kind, from: at, to: at, label: printable(`${kind} ${detail}`), workers: new Set() };
}

/** `github/commits`, `github/*` if they are all of a group, `all workers`, or `12 workers`. */
function nameTogether(names: ReadonlySet<string>, { workers }: Timeline): string {
  if (names.size === 1) return printable([...names].join());
  if (names.size === workers.length) return "all workers";
  const groups = new Set(workers.filter(({ name }) => names.has(name)).map(({ group }) => group));
  const [group = null] = groups;
  const members = workers.filter((worker) => worker.group === group);
  const isGroup = groups.size === 1 && group !== null && members.length === names.size;
  return isGroup ? printable(`${group}/*`) : countedOf(names.size, "worker");
}

function groupBy<Item>(items: readonly Item[], keyOf: (item: Item) => string): Map<string, Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}
