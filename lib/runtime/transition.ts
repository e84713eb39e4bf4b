import { AsyncResource } from "node:async_hooks";
import { withoutAsyncContext } from "../timers/without-async-context.js";

/*
 * A transition is a change to a tree of tasks: a timer that fires, the end of a run, a request to stop. Code of the user may be
 * called in the middle of one: a logger, an observer, a backoff, a schedule, an abort listener. It sees a tree that is not
 * consistent, so:
 *
 * - Commands that it calls wait until the transition is over. They run in the order in which they were called, each as a
 *   transition.
 * - Jobs and workers are called right after the transition that starts them, and never in the middle of one.
 * - Children that are started together are started one after the other, each in a transition of its own.
 */

/** How many transitions are under way, one within the other. */
let depth = 0;
/** Whether the code of a job or worker is being called, outside of any transition. */
let isInCode = false;
/** Whether the loop of {@link drain} runs. */
let isDraining = false;

/** A call of the code of a job or worker. */
export interface CodeCall {
  /** Calls the code. Must not throw. */
  callCode(): void;
}

/** The call to make after the transition. Usually there is one, which needs no array; the others are in `calls`. */
let call: CodeCall | undefined;
const calls: CodeCall[] = [];

/** Steps that are continued after the transition, the last one first. Each returns whether there is more to do. */
const steps: (() => boolean)[] = [];

/**
 * So many calls are made in one go. If there are more, they wait for the next turn of the event loop, so that code that starts
 * itself again cannot block it.
 */
const callsInTurn = 1_000;
let callsLeft = callsInTurn;

const commands: (() => void)[] = [];

/**
 * So many commands that had to wait run in one turn of the event loop, so that an observer that causes what it observes cannot
 * block it.
 */
const commandsInTurn = 100;
let commandsLeft = commandsInTurn;
// The turns are real, also while timers are fake.
const { setImmediate } = globalThis;
let turn: NodeJS.Immediate | undefined;

/** Where the calls and steps begin that the code has caused which is being called. Those before belong to what has called it. */
let firstCall = 0;
let firstStep = 0;

/**
 * Makes a change to a tree of tasks. A change within a change is part of it.
 * @param argument passed on, which saves a closure for each run
 */
export function inTransition<Result>(change: () => Result): Result;
export function inTransition<Argument, Result>(change: (argument: Argument) => Result, argument: Argument): Result;
export function inTransition<Result>(change: (argument?: unknown) => Result, argument?: unknown): Result {
  depth++;
  try {
    return change(argument);
  } finally {
    depth--;
    if (depth === 0 && (!isDraining || isInCode)) drain();
  }
}

/** Whether a command that is called now has to wait. */
export function hasToWait(): boolean {
  return depth > 0 || commands.length > 0;
}

/**
 * Runs a command: now, or after the transition that is under way and the commands that were called before. It keeps the async
 * context of its caller.
 * @param command must not throw
 */
export function afterTransition(command: () => void): void {
  // Also outside of a transition: a worker that restarts itself may be called again and again in microtasks.
  countTurn();
  if (hasToWait()) commands.push(AsyncResource.bind(command));
  else inTransition(command);
}

/** Calls the code of a job or worker outside of any transition: right after the one that is under way. */
export function callAfterTransition(next: CodeCall): void {
  if (call === undefined && calls.length === firstCall) call = next;
  else calls.push(next);
}

/**
 * The code that is being called has returned. What follows from that comes after the call and not within it, so that the stack
 * does not grow with code that starts itself again.
 */
export function leaveCode(): void {
  isInCode = false;
}

/** Runs a step after the transition that is under way, as a transition of its own, again and again until it returns `false`. */
export function continueAfterTransition(step: () => boolean): void {
  steps.push(step);
}

/** After a transition: calls the code that it has started, then runs the commands that had to wait, then continues the steps. */
function drain(): void {
  const wasInCode = isInCode;
  // If a turn is awaited, what is left of its number counts for all that happens until then.
  if (!isDraining && turn === undefined) callsLeft = callsInTurn;
  isDraining = true;
  isInCode = false;
  try {
    for (;;) {
      const next = call ?? calls[firstCall];
      if (next !== undefined && callsLeft <= 0) {
        continueInNextTurn();
        return;
      }
      if (next !== undefined) {
        if (call === undefined) calls.splice(firstCall, 1);
        makeCall(next);
      } else if (!wasInCode && commands.length > 0 && commandsLeft > 0) {
        runCommand();
      } else if (steps.length > firstStep) {
        runStep();
      } else {
        return;
      }
    }
  } finally {
    isDraining = wasInCode;
    isInCode = wasInCode;
  }
}

function makeCall(next: CodeCall): void {
  callsLeft--;
  const outerCall = firstCall;
  const outerStep = firstStep;
  call = undefined;
  firstCall = calls.length;
  firstStep = steps.length;
  isInCode = true;
  try {
    next.callCode();
  } finally {
    isInCode = false;
    firstCall = outerCall;
    firstStep = outerStep;
  }
}

function runCommand(): void {
  commandsLeft--;
  countTurn();
  const command = commands.shift();
  if (commandsLeft === 0 && commands.length > 0) continueInNextTurn();
  if (command !== undefined) inTransition(command);
}

/**
 * A timer wakes. The calls that follow count anew: code that starts itself again needs no timer, while under fake timers any
 * number of timers may wake in one turn of the event loop.
 */
export function countCallsAnew(): void {
  callsLeft = callsInTurn;
}

/** From now on, all calls and commands count until the next turn of the event loop. Does not keep the process alive. */
function countTurn(): void {
  if (turn !== undefined) return;
  callsLeft = callsInTurn;
  turn = withoutAsyncContext(() => setImmediate(onTurn)).unref();
}

/** Also if nothing else keeps the process alive. */
function continueInNextTurn(): void {
  countTurn();
  turn?.ref();
}

function onTurn(): void {
  turn = undefined;
  commandsLeft = commandsInTurn;
  callsLeft = callsInTurn;
  inTransition(nothing);
}

function nothing(): void {}

function runStep(): void {
  const step = steps[steps.length - 1];
  if (step === undefined || inTransition(step)) return;
  // Steps that it has added are above it.
  steps.splice(steps.indexOf(step), 1);
}
