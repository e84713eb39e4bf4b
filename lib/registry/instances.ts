import { InvalidArgumentError } from "../errors/invalid-argument-error.js";
import { describeKind } from "../errors/show-value.js";
import { refusePromise } from "./refuse-promise.js";
import type { Newable } from "./source.js";

/** The instances of classes. Each is created once, when it is first needed. */
export class Instances {
  readonly #resolve: (type: Newable) => object;
  readonly #created = new Map<Newable, object>();

  constructor(resolve: (type: Newable) => object) {
    this.#resolve = resolve;
  }

  /** @throws InvalidArgumentError if `resolve` does not return an instance */
  readonly of = (type: Newable): object => {
    const known = this.#created.get(type);
    if (known !== undefined) return known;
    const instance: unknown = this.#resolve(type);
    refusePromise("resolve", instance);
    if (typeof instance !== "object" || instance === null) {
      throw new InvalidArgumentError(`resolve returned ${describeKind(instance)}: it must return the instance itself`);
    }
    this.#created.set(type, instance);
    return instance;
  };
}
