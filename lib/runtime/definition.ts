import type { Task } from "./task.js";

/**
 * One link of a chain, as it is declared: unchanging, and startable any number of times. What runs when it is started is an
 * {@link Task}. It can be started wherever a {@link Startable} is asked for.
 */
export abstract class Definition {
  /**
   * What a worker without a name of its own is called: the name of the function or class at the chain's end, or "".
   * @internal
   */
  abstract readonly label: string;
  /**
   * How long it may take to stop, in ms.
   * @param otherwise if that is not for the link to say
   * @internal
   */
  timeToStop(otherwise: number): number {
    return otherwise;
  }

  /** @internal */
  abstract createTask(parent: Task): Task;
}
