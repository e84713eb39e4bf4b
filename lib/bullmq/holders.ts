import { thisProcess } from "../distributed/this-process.js";
import type { Holder } from "../runtime/worker-status.js";

/** This process, as its jobs carry it. */
export const replica = `${thisProcess.host}/${thisProcess.pid}`;

/** The process that a job names. */
export function holderOf(replica: string | undefined): Holder | null {
  const [, host, pid] = /^(.+)\/(\d+)$/.exec(replica ?? "") ?? [];
  return host === undefined ? null : { host, pid: Number(pid) };
}
