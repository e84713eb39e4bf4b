import "reflect-metadata";
import { expect } from "chai";
import { container, inject, injectable } from "tsyringe";
import { expectSingleton, missingProvider, Prices, Shop } from "./shop.fixture.js";

// As @inject("Prices") on the parameter, which is not a standard decorator, and @injectable() on the class.
inject("Prices")(Shop, undefined, 0);
injectable()(Shop);

describe("tsyringe 4", () => {
  it("injects the constructor of a source, which is a singleton of the container", async () => {
    const child = container.createChildContainer();
    child.registerSingleton("Prices", Prices);
    child.registerSingleton(Shop);
    await expectSingleton(
      (type) => child.resolve(type),
      () => child.resolve(Shop),
    );
  });

  it("has its error for a missing provider in that of bootstrap, with the name of the class", () => {
    const child = container.createChildContainer();
    const error = missingProvider((type) => child.resolve(type));
    expect(error.problems).to.have.length(1);
    expect(error.problems[0]).to.match(/^Shop: Error: Cannot inject the dependency .*"Shop" constructor.*"Prices"/s);
    expect(error.cause).to.be.instanceOf(Error).with.property("message").that.includes("unregistered dependency");
  });
});
