import { asClass, asValue, createContainer, InjectionMode, Lifetime } from "awilix";
import { expect } from "chai";
import { bootstrap, hasWorkers } from "watchbill";
import { Clock, expectSingleton, missingProvider, Prices, Shop } from "./shop.fixture.js";

describe("awilix 13", () => {
  const create = () => createContainer({ injectionMode: InjectionMode.CLASSIC, strict: true });

  it("injects the constructor of a source, which is a singleton of the container", async () => {
    const container = create().register({ prices: asClass(Prices).singleton(), shop: asClass(Shop).singleton() });
    await expectSingleton(
      ({ name }) => container.resolve(name.toLowerCase()),
      () => container.resolve("shop"),
    );
  });

  it("has its error for a missing provider in that of bootstrap, with the name of the class", () => {
    const container = create();
    const error = missingProvider((type) => container.build(type));
    expect(error.problems).to.deep.equal(["Shop: AwilixResolutionError: Could not resolve 'prices'.\n\nResolution path: prices"]);
    expect(error.cause).to.have.property("name", "AwilixResolutionError");
  });

  it("is scanned for its singletons with workers by hasWorkers", () => {
    const container = create().register({
      url: asValue("postgres://…"),
      nothing: asValue(null),
      prices: asClass(Prices).singleton(),
      clock: asClass(Clock).singleton(),
      request: asClass(Shop).scoped(),
      shop: asClass(Shop).singleton(),
    });
    const singletons = Object.entries(container.registrations).filter(([, { lifetime }]) => lifetime === Lifetime.SINGLETON);
    const sources = singletons.map(([name]) => container.resolve<object>(name)).filter(hasWorkers);
    expect(sources).to.deep.equal([container.resolve("shop")]);
    expect(bootstrap(sources).workers.map(({ name }) => name)).to.deep.equal(["Shop/poll"]);
  });
});
