import { hostname } from "node:os";
import type { Holder } from "../runtime/worker-status.js";

/** This process, as `holder` in a worker's status shows it. */
export const thisProcess: Holder = { host: hostname(), pid: process.pid };

/** A process as text that is unique among the replicas: `host/pid`. */
export function formatHolder({ host, pid }: Holder): string {
  return `${host}/${pid}`;
}

/** Reads what {@link formatHolder} wrote; `null` for any other text. */
export function parseHolder(text: string | undefined): Holder | null {
  const [, host, pid] = /^(.+)\/(\d+)$/.exec(text ?? "") ?? [];
  return host === undefined ? null : { host, pid: Number(pid) };
}
