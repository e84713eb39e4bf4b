import { Task } from "../runtime/task.js";
import type { Checkpoint } from "./engine.js";

/** How a turn ends when the worker has to wait. */
export type Rest = Pick<Checkpoint, "memory" | "phase"> & { readonly due: number };

/** Whoever has turns, as a turn sees it: apart, so that the two files do not import each other. */
export abstract class TurnTaker extends Task {
  /** The turn is over, with nothing of it left, and the next is due then. */
  abstract hasRested(rest: Rest): void;
}
