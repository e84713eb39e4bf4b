import { expect } from "chai";
import { BootstrapError, bootstrap, type Newable, Repeat } from "watchbill";
import { runOnce } from "watchbill/testing";

export class Prices {
  current(): number {
    return 42;
  }
}

/** A source with a dependency, which a container injects. */
export class Shop {
  readonly seen: number[] = [];
  readonly #prices: Prices;

  constructor(prices: Prices) {
    this.#prices = prices;
  }

  @Repeat("1h")
  poll(): void {
    this.seen.push(this.#prices.current());
  }
}

/** A service without workers. */
export class Clock {}

/** That the runner uses the one instance that the container has, with its dependency. */
export async function expectSingleton(resolve: (type: Newable) => object, fromContainer: () => Shop): Promise<void> {
  const [worker] = bootstrap([Shop], { resolve }).workers;
  expect(worker?.name).to.equal("Shop/poll");
  await runOnce(Shop, "poll", { resolve });
  await runOnce(Shop, "poll", { resolve });
  expect(fromContainer().seen).to.deep.equal([42, 42]);
}

/** The error of a container that lacks a provider: one problem, which names the class. */
export function missingProvider(resolve: (type: Newable) => object): BootstrapError {
  try {
    bootstrap([Shop], { resolve });
  } catch (error) {
    if (error instanceof BootstrapError) return error;
  }
  throw new Error("bootstrap did not reject the source");
}
