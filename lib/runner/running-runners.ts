import type { Runner } from "./runner.js";

const running = new Set<Runner>();

/**
 * The runners of this process that run now, in the order in which they were started, those within other runners included: for
 * instrumentation that reads the status of all workers. A runner is in it until its last worker has stopped or was left behind.
 */
export function runningRunners(): readonly Runner[] {
  return [...running];
}

export function addRunning(runner: Runner): void {
  running.add(runner);
}

export function removeRunning(runner: Runner): void {
  running.delete(runner);
}
