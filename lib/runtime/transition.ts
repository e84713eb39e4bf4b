let depth = 0;
let isRunningQueue = false;
/** What runs after the transition: functions, each followed by its argument, from index `next` up to `end`. */
const queue: unknown[] = [];
let next = 0;
let end = 0;

/** An empty queue keeps up to so many elements, so that a run allocates nothing for it. */
const keptElements = 1_000;

/**
 * Makes a change to a tree of tasks: a timer that fires, the end of a run, a request to stop. A change within a change is part of
 * it.
 *
 * Code of the user may be called in the middle of a change: a logger, an observer, a backoff, a schedule, an abort listener. It
 * sees a tree that is not consistent, so the commands that it calls wait in a queue until the change is over. Jobs and workers
 * themselves are called from the same queue, and so never in the middle of a change.
 * @param argument passed on, which saves a closure for each run
 */
export function inTransition<Argument, Result>(change: (argument: Argument) => Result, argument: Argument): Result {
  depth++;
  try {
    return change(argument);
  } finally {
    depth--;
    if (next < end && depth === 0 && !isRunningQueue) runQueue();
  }
}

export function isInTransition(): boolean {
  return depth > 0;
}

/**
 * Runs a command that changes a tree of tasks: now, or when the transition that is under way is over. Commands run in the order
 * in which they were called, each as a transition of its own.
 * @param command must not throw
 */
export function afterTransition(command: () => void): void {
  if (depth === 0) inTransition(command, undefined);
  else enqueue(runCommand, command);
}

/** Calls the code of a job or worker outside of any transition: when the one that is under way is over. */
export function callAfterTransition<Argument>(code: (argument: Argument) => void, argument: Argument): void {
  enqueue(code, argument);
}

function enqueue<Argument>(code: (argument: Argument) => void, argument: Argument): void {
  queue[end++] = code;
  queue[end++] = argument;
}

function runCommand(command: () => void): void {
  inTransition(command, undefined);
}

function runQueue(): void {
  isRunningQueue = true;
  try {
    while (next < end) {
      const code = queue[next];
      const argument = queue[next + 1];
      queue[next++] = undefined;
      queue[next++] = undefined;
      // Every function in the queue stands before its argument.
      if (typeof code === "function") code(argument);
    }
    next = 0;
    end = 0;
    if (queue.length > keptElements) queue.length = 0;
  } finally {
    // If an entry throws, the others run after the next transition.
    isRunningQueue = false;
  }
}
