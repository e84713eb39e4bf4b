import type { Task } from "../runtime/task.js";
import type { Engine } from "./engine.js";
import { inProcess } from "./in-process-engine.js";

/** A task with an engine for the distributed workers below it. */
export interface EngineProvider {
  readonly engine: Engine | undefined;
}

/** The engine of the nearest task that has one. */
export function engineOf(task: Task): Engine {
  for (let { parent } = task; ; { parent } = parent) {
    if (isEngineProvider(parent) && parent.engine !== undefined) return parent.engine;
    if (parent === parent.parent) return inProcess;
  }
}

function isEngineProvider(task: Task): task is Task & EngineProvider {
  return "engine" in task;
}
