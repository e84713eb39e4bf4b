import { describeKind } from "../errors/foreign-value.js";
import { InvalidArgumentError } from "../errors/invalid-argument-error.js";
import { refusePromise } from "./refuse-promise.js";
import type { Newable } from "./source.js";

/** The instances of classes: each is made once, when it is first asked for. */
export class Instances {
  readonly #resolve: (type: Newable) => object;
  readonly #made = new Map<Newable, object>();

  constructor(resolve: (type: Newable) => object) {
    this.#resolve = resolve;
  }

  /** @throws InvalidArgumentError if what makes it returns none */
  readonly of = (type: Newable): object => {
    const known = this.#made.get(type);
    if (known !== undefined) return known;
    const instance: unknown = this.#resolve(type);
    refusePromise("resolve", instance);
    if (typeof instance !== "object" || instance === null) {
      throw new InvalidArgumentError(`resolve returned ${describeKind(instance)}: it must return the instance itself`);
    }
    this.#made.set(type, instance);
    return instance;
  };
}
