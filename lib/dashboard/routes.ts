import type { Command } from "./api.js";

/** What a request is about. */
export type Route =
  | { readonly kind: "page" | "status" | "events" | "strips" | "healthz" | "readyz" | "metrics" }
  /** The page without the slash at its end, without which relative URLs do not work. */
  | { readonly kind: "slash"; readonly location: string }
  | { readonly kind: "asset"; readonly file: string }
  /** Without a name in the path, it is in the query: a path cannot have one that is `.` or `..`. */
  | { readonly kind: "worker"; readonly name?: string }
  | { readonly kind: "command"; readonly command: Command; readonly name: string }
  | { readonly kind: "commands"; readonly command: Command }
  | { readonly kind: "unknown" | "malformed" };

const fixed = {
  "/api/status": { kind: "status" },
  "/api/events": { kind: "events" },
  "/api/strips": { kind: "strips" },
  "/api/worker": { kind: "worker" },
  "/healthz": { kind: "healthz" },
  "/readyz": { kind: "readyz" },
  "/metrics": { kind: "metrics" },
  "/page.js": { kind: "asset", file: "page.js" },
  "/page.css": { kind: "asset", file: "page.css" },
  "/chart.js": { kind: "asset", file: "chart.js" },
  "/chart.css": { kind: "asset", file: "chart.css" },
  "/licences.txt": { kind: "asset", file: "licences.txt" },
} as const satisfies Record<string, Route>;

const workers = "/api/workers/";
const commands = "/api/commands/";

/**
 * Routes by the end of a path, so that the page works under any mount.
 * @param isWorker whether a worker has a name. A proxy may decode a path, so that a name has slashes again; and a mount may look
 * like a part of a path.
 */
export function routeOf(path: string, isWorker: (name: string) => boolean): Route {
  const known = workerRoute(path, isWorker);
  if (known !== undefined && known.kind !== "malformed" && isWorker(known.name)) return known;
  for (const [suffix, route] of Object.entries(fixed)) if (path.endsWith(suffix)) return route;
  const at = path.lastIndexOf(commands);
  if (at >= 0) {
    const command = path.slice(at + commands.length);
    // Without one, it is the page of a mount of that name.
    if (command !== "") return isCommand(command) ? { kind: "commands", command } : { kind: "unknown" };
  }
  if (known !== undefined) return known;
  if (path.endsWith("/")) return { kind: "page" };
  const last = path.slice(path.lastIndexOf("/") + 1);
  return last.includes(".") || path.includes("/api/") ? { kind: "unknown" } : { kind: "slash", location: `./${last}/` };
}

type WorkerRoute = (Extract<Route, { kind: "worker" | "command" }> & { readonly name: string }) | { readonly kind: "malformed" };

/**
 * The route of a worker; undefined if the path is not of one. If there are several ways to read the path, the one with an
 * existing worker.
 */
function workerRoute(path: string, isWorker: (name: string) => boolean): WorkerRoute | undefined {
  let found: WorkerRoute | undefined;
  for (let at = path.lastIndexOf(workers); at >= 0; at = at === 0 ? -1 : path.lastIndexOf(workers, at - 1)) {
    const rest = path.slice(at + workers.length);
    const end = rest.lastIndexOf("/");
    const command = rest.slice(end + 1);
    if (end > 0 && isCommand(command)) {
      const name = decode(rest.slice(0, end));
      const route = name === undefined ? malformed : ({ kind: "command", command, name } as const);
      if (name !== undefined && isWorker(name)) return route;
      found ??= route;
    }
    const name = decode(rest);
    if (name === "") continue;
    const route = name === undefined ? malformed : ({ kind: "worker", name } as const);
    if (name !== undefined && isWorker(name)) return route;
    found ??= route;
  }
  return found;
}

const malformed = { kind: "malformed" } as const;

/** Undefined if it is not encoded correctly. */
function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

export function isCommand(text: string): text is Command {
  return text === "trigger" || text === "pause" || text === "resume" || text === "restart";
}
