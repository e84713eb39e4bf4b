import type { Activity } from "../context/activity.js";
import type { Engine } from "../context/engine.js";
import { RunningWorkers } from "../workers/running-workers.js";
import { inProcess } from "./in-process.js";

/** That of the nearest roster that has one. */
export function engineOf(activity: Activity): Engine {
  let roster = activity.parent;
  while (roster !== roster.parent && !(roster instanceof RunningWorkers && roster.engine !== undefined)) roster = roster.parent;
  return (roster instanceof RunningWorkers ? roster.engine : undefined) ?? inProcess;
}
