import type { Entry } from "../metadata/record.js";
import { refusePromise } from "./refuse-promise.js";

/**
 * The arguments of a decorator, with what functions of the instance make of it in their place.
 * @param instance undefined if there is none: then a value that is right for any class stands in for each function, so that everything
 * else can be checked
 * @throws InvalidArgumentError if a function returns a promise
 */
export function argumentsOf({ decorator, args }: Entry, instance: object | undefined): unknown[] {
  return args.map((arg, index) => {
    if (typeof arg !== "function") return arg;
    if (instance === undefined) return standIns[decorator]?.[index];
    const value: unknown = arg(instance);
    refusePromise(`The function of @${decorator}`, value);
    return value;
  });
}

const standIns: Readonly<Record<string, readonly unknown[]>> = {
  Worker: [{}],
  // So long that no option contradicts it.
  Repeat: [Number.MAX_SAFE_INTEGER, {}],
  Retry: [{ duration: () => 0 }],
  RetryJob: [{ duration: () => 0 }],
  Timeout: [1],
  Named: ["known with an instance alone"],
};

/** Whether a name is for a function of the instance to say. */
export function isNamedByInstance(entries: readonly Entry[]): boolean {
  return entries.some(({ decorator, args }) => decorator === "Named" && typeof args[0] === "function");
}
