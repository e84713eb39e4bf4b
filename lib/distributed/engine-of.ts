import type { Task } from "../runtime/task.js";
import { RunningWorkers } from "../supervision/running-workers.js";
import type { Engine } from "./engine.js";
import { inProcess } from "./in-process-engine.js";

/** That of the nearest roster that has one. */
export function engineOf(task: Task): Engine {
  let roster = task.parent;
  while (roster !== roster.parent && !(roster instanceof RunningWorkers && roster.engine !== undefined)) roster = roster.parent;
  return (roster instanceof RunningWorkers ? roster.engine : undefined) ?? inProcess;
}
